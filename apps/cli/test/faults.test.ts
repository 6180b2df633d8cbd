import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Database, openDatabase } from '@rollcall/api/operator'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createCommand } from './command.js'
import { startServers } from './private-servers.js'

let t: Awaited<ReturnType<typeof startServers>>
let database: Database
const { run, runJson } = createCommand(() => t.env)
beforeAll(async () => {
  t = await startServers()
  database = openDatabase({ dataDir: t.folder })
})
afterAll(async () => {
  await database.close()
  await t[Symbol.asyncDispose]()
})
beforeEach(() => t.redis.flushall())

type Tables = {
  operation: { id: string; state: string; revoked: number; reason: string }
  activity: { user_tag: string; at: number; id: string; event: string }
  deleted_user: { user_tag: string; at: number }
  account: Record<'id' | 'accountId' | 'providerId' | 'userId' | 'password' | 'createdAt' | 'updatedAt', string>
  user: { id: string; name: string; email: string; emailVerified: number; createdAt: string; updatedAt: string }
  twoFactor: { id: string; userId: string; secret: string; backupCodes: string }
}
const tables = () => database.kysely.withTables<Tables>()

async function insertUser(id: string): Promise<void> {
  const now = new Date().toISOString()
  const user = { id, name: id, email: `${id}@example.org`, emailVerified: 1, createdAt: now, updatedAt: now }
  await tables().insertInto('user').values(user).execute()
}

/** SQL refuses these changes until the end of the scope. */
async function refuse(changes: string): Promise<AsyncDisposable> {
  const { kysely } = database
  const query = tables().selectFrom('operation').selectAll().compile()
  const execute = (text: string) => kysely.executeQuery({ ...query, sql: text })
  await execute(`create trigger refuses before ${changes} begin select raise(abort, 'refused'); end`)
  return { [Symbol.asyncDispose]: async () => void (await execute('drop trigger refuses')) }
}

describe('a fault is one line, with the setting or the reason, and its exit code', () => {
  test('a setting that is missing is 2', async () => {
    const { code, err } = await run(['find', '--kind', 'phone'], { REDIS_URL: '' })
    expect(err).toMatch(/^REDIS_URL must be set.*\n$/)
    expect(code).toBe(2)
  })

  test('a file that cannot be read is 2', async () => {
    const { code, err } = await run(['find', '--users-file', join(t.folder, 'none')])
    expect(err).toMatch(/^--users-file cannot be read: ENOENT.*\n$/)
    expect(code).toBe(2)
  })

  test('Redis is away: 3', async () => {
    const { code, err, out } = await run(['find', '--kind', 'phone'], { REDIS_URL: join(t.folder, 'none.sock') })
    expect(err).toMatch(/^REDIS_URL: Redis does not answer \(connect ENOENT .*none\.sock\)\n$/)
    expect({ code, out }).toEqual({ code: 3, out: '' })
  })

  test('Redis refuses a command: 1, with its name', async () => {
    await t.redis.set('user:operations', 'no list')
    const { code, err } = await run(['operations', 'list'])
    expect(err).toMatch(/^Redis refuses the command zrevrange \(WRONGTYPE .*\)\n$/)
    expect(code).toBe(1)
  })

  test('a user of Redis without a command, or with a wrong password: 1, and nothing is done', async () => {
    const created = await t.store.create({ userId: 'ada' })
    await t.redis.acl('SETUSER', 'silent', 'on', '>secret', '~*', '&*', '+@all', '-publish')
    const silent = { REDIS_USERNAME: 'silent', REDIS_PASSWORD: 'secret' }
    const lack = 'REDIS_URL: The access list of this user of Redis lacks the command publish'
    const revoked = await run(['revoke', '--user', 'ada', '--confirm', '1'], silent)
    expect(revoked).toEqual({ code: 1, out: '', err: `${lack}\n` })
    expect(await t.store.validate(created?.token ?? '')).not.toBeNull()
    const doctor = await run(['doctor'], silent)
    expect(doctor).toMatchObject({ code: 1, out: expect.stringContaining('lacks the command publish') })
    const wrong = await run(['operations', 'list'], { ...silent, REDIS_PASSWORD: 'wrong' })
    expect(wrong).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^REDIS_URL: Redis refuses this client \(WRONGPASS /),
    })
  })

  /** The settings of a user of Redis with this access list. */
  async function access(...rules: string[]) {
    await t.redis.acl('SETUSER', 'narrow', 'reset', 'on', '>secret', '+@all', '-@dangerous', '+info', ...rules)
    return { REDIS_USERNAME: 'narrow', REDIS_PASSWORD: 'secret' }
  }
  const ofStore = ['~user:*', '&user:*', '&__redis__:invalidate']

  test('the access list of the store is enough for commands without services', async () => {
    await t.store.create({ userId: 'ada' })
    const env = await access(...ofStore)
    expect(await runJson(['find', '--user', 'ada'], env)).toMatchObject({ code: 0, results: [{ userId: 'ada' }] })
    expect(await runJson(['revoke', '--user', 'ada', '--confirm', '1'], env)).toMatchObject({ code: 0 })
    const { code, err } = await run(['admins', 'list'], env)
    expect(err).toContain('The access list of this user of Redis lacks the keys ~readyz, the keys ~limit:*')
    expect(code).toBe(1)
  })

  test('a user of Redis who may only read finds, and revokes nothing', async () => {
    const { token = '' } = (await t.store.create({ userId: 'ada' })) ?? {}
    await t.store.create({ userId: 'bob' })
    expect(await run(['revoke', '--user', 'bob', '--confirm', '1'])).toMatchObject({ code: 0 })
    const env = await access('~user:*', '-@write')
    expect(await runJson(['find', '--user', 'ada'], env)).toMatchObject({ code: 0, results: [{ userId: 'ada' }] })
    expect(await runJson(['operations', 'list'], env)).toMatchObject({ code: 0, results: [{ state: 'done' }] })
    const { code, err } = await run(['revoke', '--user', 'ada', '--confirm', '1'], env)
    expect(err).toContain('The access list of this user of Redis lacks the command hset')
    expect(code).toBe(1)
    expect(await t.store.validate(token)).not.toBeNull()
  })

  test('the doctor says what the access list lacks for the server, and goes on', async () => {
    await t.store.create({ userId: 'ada' })
    const { code, results } = await runJson(['doctor'], await access(...ofStore, '-memory', '-time'))
    const found = (check: string) => results.filter((result) => result['check'] === check)
    expect(found('redis')).toMatchObject([
      { found: expect.stringMatching(/lacks the command time, the keys ~readyz, the keys ~limit:\*$/) },
      { found: expect.stringMatching(/^Redis refuses the command time /) },
      { found: expect.stringMatching(/^Redis refuses the command memory/) },
    ])
    expect(found('redis').at(-1)?.['advice']).toContain('access list')
    expect(found('events')).toHaveLength(1)
    expect(code).toBe(1)
  })

  test('Redis refuses a command of a required password reset: 1, and nothing has begun', async () => {
    await t.store.create({ userId: 'dee' })
    const [key = ''] = await t.redis.keys('user:{*}:sessions')
    await t.redis.set(key, 'no hash')
    await insertUser('dee')
    const now = new Date().toISOString()
    const account = { id: 'dee', accountId: 'dee', providerId: 'credential', userId: 'dee', password: 'a hash' }
    await tables()
      .insertInto('account')
      .values({ ...account, createdAt: now, updatedAt: now })
      .execute()
    const reset = ['users', 'require-password-reset', 'dee', '--confirm', '1']
    const { code, err, out } = await run(reset)
    expect(err).toMatch(/^Redis refuses the command \w+ \(.*WRONGTYPE .*\)\n$/)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    await t.redis.del(key)
    expect((await runJson(['operations', 'list'])).results).toEqual([])
    expect((await runJson(reset)).results.at(-1)).toMatchObject({ reset: 1 })
  })

  test('Redis is away: the doctor says why', async () => {
    const { code, out } = await run(['doctor'], { REDIS_URL: join(t.folder, 'none.sock') })
    expect(out).toContain('PROBLEM redis: REDIS_URL: Redis does not answer (connect ENOENT')
    expect(code).toBe(1)
  })

  test('Redis is a replica: the doctor says that it takes no writes', async () => {
    await t.redis.replicaof('127.0.0.1', 1) // where nobody listens
    await using _master = { [Symbol.asyncDispose]: async () => void (await t.redis.replicaof('NO', 'ONE')) }
    const { code, out } = await run(['doctor'])
    expect(out).toMatch(/PROBLEM role: a replica, which takes no writes\n +Set the address of the master/)
    expect(out).not.toContain('Add a replica')
    expect(code).toBe(1)
  })

  test.each([[['sessions', 'list', 'ada']], [['revoke', '--kind', 'phone']], [['admins', 'list']]])(
    'the data folder cannot be used: %j is 1',
    async (args) => {
      const { code, err, out } = await run(args, { DATA_DIR: '/etc/passwd/x' })
      expect(err).toMatch(/^The database cannot be used; see DATA_DIR \(DATA_DIR is no folder: .*\)\n$/)
      expect({ code, out }).toEqual({ code: 1, out: '' })
    },
  )

  test('the file of the database is a folder: 3', async () => {
    const dataDir = join(t.folder, 'wrong')
    await mkdir(join(dataDir, 'rollcall.sqlite'), { recursive: true })
    const { code, err } = await run(['sessions', 'list', 'ada@example.org'], { DATA_DIR: dataDir })
    expect(err).toMatch(/^The database cannot be used; see DATA_DIR \(the file cannot be opened: .*\n$/)
    expect(code).toBe(3)
  })

  test('PostgreSQL is away: 3', async () => {
    const { code, err } = await run(['sessions', 'list', 'ada@example.org'], {
      DATABASE_URL: 'postgres://rollcall@127.0.0.1:1/rollcall',
    })
    expect(err).toMatch(/^The database cannot be used; see DATABASE_URL \(nothing listens at this host and port: .*\n$/)
    expect(code).toBe(3)
  })

  test('the data folder is that of nobody, so SQL refuses the statement: 1', async () => {
    const { code, err } = await run(['sessions', 'list', 'ada@example.org'], { DATA_DIR: join(t.folder, 'other') })
    expect(err).toMatch(/^The database cannot be used; see DATA_DIR \(.*no such table: user.*\n$/)
    expect(code).toBe(1)
  })
})

test('without SQL, sessions are found, and operations are listed and stopped', async () => {
  await t.store.create({ userId: 'ada', userAgent: 'curl/8.0' })
  const done = await runJson(['revoke', '--user', 'ada', '--confirm', '1'])
  const id = String(done.results[0]?.['id'])
  await t.redis.hset(`user:operation:${id}`, { state: 'running', lease: Date.now() + 9_000 })
  await t.store.create({ userId: 'ada', userAgent: 'curl/8.0' })
  const away = { DATABASE_URL: 'postgres://rollcall@127.0.0.1:1/rollcall' }
  expect(await runJson(['find', '--browser', 'curl'], away)).toMatchObject({ code: 0, results: [{ userId: 'ada' }] })
  expect(await runJson(['operations', 'list'], away)).toMatchObject({ code: 0, results: [{ id }] })
  expect(await runJson(['operations', 'stop', id], away)).toMatchObject({ code: 0, results: [{ id, stopping: true }] })
  expect(await runJson(['operations', 'show', id], away)).toMatchObject({ code: 0, results: [{ state: 'stopped' }] })
})

describe('a revocation is on record', () => {
  const everyone = ['revoke', '--everyone', '--reason', 'Stolen', '--confirm', '1']

  test('before it begins: without a row, nobody is signed out', async () => {
    const created = await t.store.create({ userId: 'ada' })
    await using _ = await refuse('insert on operation')
    const { code, err, out } = await run(['--json', ...everyone])
    expect(err).toMatch(/^\{"error":"The database cannot be used; see DATA_DIR \(refused.*\n$/)
    expect({ code, out }).toEqual({ code: 1, out: '' })
    expect(await t.store.validate(created?.token ?? '')).not.toBeNull()
  })

  test('and is done, also if its row cannot say it', async () => {
    const created = await t.store.create({ userId: 'ada' })
    await using _ = await refuse('update on operation')
    const { code, err, out } = await run(everyone)
    expect(out).toContain('  done  ')
    expect(err).toContain(
      'is done, but its row could not be written. The database cannot be used; see DATA_DIR (refused',
    )
    expect(code).toBe(0)
    expect(await t.store.validate(created?.token ?? '')).toBeNull()
    const rows = await tables().selectFrom('operation').selectAll().where('state', '=', 'running').execute()
    expect(rows).toMatchObject([{ reason: 'Stolen' }])
  })
})

test('no command does the work of a server, whose settings may be others', async () => {
  await insertUser('cy')
  await tables().insertInto('twoFactor').values({ id: '1', userId: 'cy', secret: '', backupCodes: '' }).execute()
  const at = Date.now() - 1_000 * 24 * 60 * 60 * 1_000
  await tables().insertInto('activity').values({ user_tag: 'ada', at, id: 'old', event: '{}' }).execute()
  await tables().insertInto('deleted_user').values({ user_tag: 'bob', at }).execute()
  expect(await run(['admins', 'list']), 'it opens no second factor').toMatchObject({
    code: 0,
    err: '0 administrators\n',
  })
  const activity = tables().selectFrom('activity').select('id').where('user_tag', '=', 'ada')
  expect(await activity.execute()).toEqual([{ id: 'old' }])
  expect(await tables().selectFrom('deleted_user').select('at').execute()).toEqual([{ at }])
})
