import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { createOperatorLog, findUserIds, readSettings } from '@rollcall/api/operator'
import { openServices } from '@rollcall/api/services'
import { type PrivateRedis, startRedis } from '@rollcall/dev-redis'
import { createSessionStore, type SessionStore } from '@rollcall/session-store'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createCommand } from './command.js'

let server: PrivateRedis
let redis: Redis
let store: SessionStore
let folder: string
let env: Record<string, string>
const { start, run, runJson } = createCommand(() => env)
beforeAll(async () => {
  server = await startRedis()
  redis = new Redis(server.url, { commandTimeout: 10_000 })
  store = createSessionStore({ redis, keyPrefix: 'shop:', onEvent: () => undefined })
  folder = await mkdtemp(join(tmpdir(), 'rollcall-cli-'))
  env = { REDIS_URL: server.url, KEY_PREFIX: 'shop:', DATA_DIR: folder, PLACES: 'off' }
  await withServices(async () => undefined) // which makes the tables of accounts, as the first start of a server does
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
  await rm(folder, { recursive: true })
})
beforeEach(() => redis.flushall())

async function signIn(userId: string, ipAddress = '203.0.113.9') {
  const created = await store.create({ userId, ipAddress, userAgent: 'curl/8.0' })
  if (created === null) throw new Error('The sign-in was refused')
  return created
}

describe('wrong input is refused with 2, and changes nothing', () => {
  test.each([
    [['revoke'], /filter is empty.*everybody/],
    [['revoke', '--everyone', '--address', '203.0.113.9'], /cannot be combined/],
    [
      ['revoke', '--address', '203.0.113.9', '--confirm', '7'],
      /does not fit: it is 1 now, not 7\. Nothing was revoked/,
    ],
    [['users', 'require-password-reset', '--everyone', '--kind', 'phone'], /only one of these/],
    [['find', '--adress', '203.0.113.9'], /unknown option '--adress'[^]*Did you mean --address/],
    [['sessions', 'list', 'adaa'], /There is no user adaa/],
    [['find', '--user', 'adaa'], /There is no user adaa/],
    [['revoke', '--user', 'adaa', '--confirm', '0'], /There is no user adaa/],
    [['users', 'require-password-reset', 'adaa', '--confirm', '1'], /There is no user adaa/],
    [['sessions', 'list', 'nobody@example.org'], /There is no user nobody@example\.org/],
  ])('%j', async (args, message) => {
    const { token } = await signIn('ada')
    const { code, err, out } = await run(args)
    expect(err).toMatch(message)
    expect(out).toBe('')
    expect(code).toBe(2)
    expect(await store.validate(token)).not.toBeNull()
  })
})

test('the help teaches, and needs no settings', async () => {
  const { code, out } = await run(['--help'], { REDIS_URL: '' })
  expect(code).toBe(0)
  for (const text of ['Examples:', 'revoke', 'operations', 'doctor', 'Exit codes:']) expect(out).toContain(text)
})

test('sessions are found, previewed and revoked', async () => {
  const [evil, good] = [await signIn('ada'), await signIn('ada', '198.51.100.7')]
  await writeFile(join(folder, 'users'), 'ada\n\nbob\n')
  const found = await runJson(['find', '--users-file', join(folder, 'users'), '--address', '203.0.113.0/24'])
  expect(found).toMatchObject({ code: 0, results: [{ id: evil.session.id, userId: 'ada', browser: 'curl' }] })
  expect((await runJson(['sessions', 'list', 'ada'])).results).toHaveLength(2)

  const preview = await run(['revoke', '--address', '203.0.113.0/24'])
  expect(preview.out).toBe('1 sessions of 1 users would be revoked.\n')
  expect(preview.err).toContain('--confirm 1')
  expect(await store.validate(evil.token)).not.toBeNull()

  const done = await runJson(['revoke', '--address', '203.0.113.0/24', '--reason', 'Stolen', '--confirm', '1'])
  expect(done).toMatchObject({ code: 0, results: [{ state: 'done', matched: 1, revoked: 1, reason: 'Stolen' }] })
  expect([await store.validate(evil.token), (await store.validate(good.token))?.id]).toEqual([null, good.session.id])
  const { id } = done.results[0] ?? {}
  const hostile = await run(['revoke', '--user-agent', '\u009B2J\u202E', '--confirm', '0'])
  expect(hostile.out).toContain(String.raw`\u009b2J\u202e`)
  expect((await runJson(['operations', 'list'])).results).toMatchObject([
    { reason: '', state: 'done' },
    { id, reason: 'Stolen', state: 'done' },
  ])
  await redis.hset(`shop:user:operation:${String(id)}`, 'state', 'failed')
  expect((await run(['operations', 'list'])).out).toContain('revoked at least 1,')
})

test('everyone: killed in the middle, resumed by id, and all are signed out', async () => {
  const signed = await Promise.all(Array.from({ length: 1_500 }, (_, n) => signIn(`user-${n}`)))
  const { child, printed, ended } = start(['revoke', '--everyone', '--max-rate', '500', '--confirm', '1500'])
  const idIn = (text: string): string => /Operation (\S+)\. /.exec(text)?.[1] ?? ''
  const revoked = () => redis.hget(`shop:user:operation:${idIn(printed.err)}`, 'revoked')
  while (Number(await revoked()) === 0) await redis.ping()
  child.kill('SIGKILL')
  expect(await ended).toBeNull()
  const left = await Promise.all(signed.map(({ token }) => store.validate(token)))
  expect(left.some((session) => session !== null)).toBe(true)

  const resumed = await runJson(['operations', 'resume', idIn(printed.err)])
  expect(resumed).toMatchObject({ code: 0, results: [{ state: 'done', filter: null, share: 1 }] })
  expect(await Promise.all(signed.map(({ token }) => store.validate(token)))).toEqual(signed.map(() => null))
})

test('the doctor says what it found, and what to do', async () => {
  await signIn('ada')
  await redis.hset('shop:user:{AAAAAAAAAAAAAAAAAAAAAA}:sessions', 'AAAAAAAAAAAAAAAA', 'x')
  const { code, results } = await runJson(['doctor'])
  const byCheck = Object.fromEntries(results.map((finding) => [String(finding['check']), finding]))
  expect(code).toBe(0)
  expect(byCheck).toMatchObject({
    version: { level: 'ok' },
    eviction: { level: 'ok', found: 'noeviction' },
    persistence: { level: 'warning', advice: expect.stringContaining('appendonly yes') },
    replication: { level: 'warning' },
    access: { level: 'warning', found: expect.stringContaining('default') },
    clock: { level: 'ok' },
    records: { level: 'warning', found: '1 records and 0 keys cannot be read' },
    sessions: { level: 'ok', found: expect.stringMatching(/^1 of 2 users/) },
  })
  await redis.config('SET', 'maxmemory-policy', 'allkeys-lru')
  const bad = await run(['doctor'])
  await redis.config('SET', 'maxmemory-policy', 'noeviction')
  expect(bad.out).toMatch(/PROBLEM redis: .*allkeys-lru[^]*refuses to start/)
  expect(bad.code).toBe(1)
})

const baseUrl = 'http://localhost:3000'

/** The services of a server on the same Redis and SQL, without its port. */
async function withServices<T>(work: (services: Awaited<ReturnType<typeof openServices>>) => Promise<T>): Promise<T> {
  const closing: (() => Promise<unknown>)[] = []
  const settings = readSettings({ ...env, BASE_URL: baseUrl })
  const log = createOperatorLog()
  log.level = 'silent'
  const services = await openServices({ settings, log }, baseUrl, (close) => closing.push(close))
  try {
    return await work(services)
  } finally {
    for (const close of closing.toReversed()) await close()
  }
}

const person = { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery staple' }
type Services = Awaited<ReturnType<typeof openServices>>

async function post({ auth }: Services, path: string, body: object): Promise<number> {
  const headers = { 'content-type': 'application/json', origin: baseUrl }
  const request = new Request(`${baseUrl}/api/auth${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return (await auth.handler(request)).status
}

/** The keys of the mails that wait. */
async function waitingMails({ database }: Services): Promise<string[]> {
  const mails = database.kysely.withTables<{ mail: { key: string } }>()
  return (await mails.selectFrom('mail').select('key').execute()).map(({ key }) => key)
}

test('a required password reset ends the sessions and the password, and sends a mail', async () => {
  const outbox = join(folder, 'outbox')
  await withServices(async (services) => {
    const { auth, store, activity, mailer } = services
    expect(await post(services, '/sign-up/email', person)).toBe(200)
    const command = ['users', 'require-password-reset', 'ADA@example.org', '--confirm']
    expect(await run([...command, '2'])).toMatchObject({ code: 2, out: '' })
    const { code, results } = await runJson([...command, '1'])
    expect(results.at(-1)).toEqual({ reset: 1, withoutPassword: 0 })
    expect(code).toBe(0)
    expect(await store.list(String(results[0]?.['userId']))).toEqual([])
    expect(await run(['sessions', 'list', person.email])).toEqual({ code: 0, out: '', err: '0 sessions\n' })
    expect(await post(services, '/sign-in/email', person)).toBe(401)
    expect(await waitingMails(services), 'the command leaves it to a server').toContain('reset:ada@example.org')
    mailer.start(auth)
    await vi.waitUntil(async () => existsSync(outbox) && (await waitingMails(services)).length === 0, 30_000)
    const subjects = readdirSync(outbox).map(
      (name) => /^Subject: (.*)\r$/m.exec(readFileSync(join(outbox, name), 'utf8'))?.[1],
    )
    expect(subjects).toEqual(['Choose a new password']) // and none says that the person changed it
    await activity.settled()
  })
})

test('a required password reset that lost its mail is made good by its repetition', async () => {
  const bob = { ...person, email: 'bob@example.org' }
  await withServices(async (services) => {
    const { auth, store, database } = services
    expect(await post(services, '/sign-up/email', bob)).toBe(200)
    const [userId = ''] = await findUserIds(database.kysely, bob.email)
    await database.kysely.schema.alterTable('mail').renameTo('mail_away').execute()
    await expect(auth.requirePasswordReset(userId)).rejects.toThrow()
    await database.kysely.schema.alterTable('mail_away').renameTo('mail').execute()
    expect(await auth.requirePasswordReset(userId)).toBe(true)
    expect(await waitingMails(services)).toContain('reset:bob@example.org')
    await store.create({ userId }) // as if its process had been killed before it revoked the sessions
    expect(await auth.requirePasswordReset(userId), 'no password is left').toBe(false)
    expect(await store.list(userId)).toEqual([])
  })
})

test('a required password reset takes a filter, and concerns the users of the sessions that it finds', async () => {
  const cy = { ...person, email: 'cy@example.org' }
  await withServices(async (services) => {
    const { store, database } = services
    for (const email of [cy.email, 'dee@example.org'])
      expect(await post(services, '/sign-up/email', { ...cy, email })).toBe(200)
    const [userId = ''] = await findUserIds(database.kysely, cy.email)
    for (const ipAddress of ['192.0.2.1', '192.0.2.2', '198.51.100.7']) await store.create({ userId, ipAddress })
    const command = ['users', 'require-password-reset', '--address', '192.0.2.0/24']
    expect(await runJson([...command, '--confirm', '1'])).toMatchObject({
      code: 0,
      results: [
        { userId, reset: true },
        { reset: 1, withoutPassword: 0 },
      ],
    })
    expect(await store.list(userId)).toEqual([])
    expect(await post(services, '/sign-in/email', cy)).toBe(401)
    expect(await post(services, '/sign-in/email', { ...cy, email: 'dee@example.org' })).toBe(200)
  })
})

test('administrators are added, listed and removed, and each change is on record', async () => {
  const eve = { ...person, email: 'eve@example.org' }
  const change = { email: eve.email, isChanged: true }
  await withServices(async (services) => {
    expect(await post(services, '/sign-up/email', { ...eve, role: 'admin' }), 'nobody takes the role').not.toBe(200)
    expect(await post(services, '/sign-up/email', eve)).toBe(200)
    const [id = ''] = await findUserIds(services.database.kysely, eve.email)
    const added = await runJson(['admins', 'add', 'EVE@example.org'])
    expect(added).toMatchObject({ code: 0, results: [{ ...change, id, isAdmin: true }] })
    expect(await services.auth.findUser(id)).toMatchObject({ isAdmin: true })
    const [listed, again, unknown] = await Promise.all(
      [['list'], ['add', id], ['add', 'ada']].map((args) => run(['admins', ...args])),
    )
    expect(listed).toMatchObject({ code: 0, out: `${id}  ${eve.email}  Ada\n` })
    expect(again).toMatchObject({ code: 0, out: `${eve.email} is already an administrator.\n` })
    expect(unknown).toMatchObject({ code: 2, out: '', err: 'There is no user ada\n' })
    await services.auth.ban(id, 'A quarrel')
    expect((await run(['admins', 'add', id])).out).toBe(`${eve.email} is now an administrator.\n`)
    expect(await services.auth.findUser(id)).toMatchObject({ isAdmin: true, isBanned: false })
    expect((await runJson(['admins', 'remove', id])).results).toEqual([{ ...change, id, isAdmin: false }])
    expect(await services.auth.listAdministrators()).toEqual([])
    const { kysely } = services.database
    const rows = kysely.withTables<{ operation: Record<'action' | 'filter' | 'state' | 'started_by', string> }>()
    const record = await rows.selectFrom('operation').selectAll().where('filter', 'like', `%${id}%`).execute()
    const row = { filter: JSON.stringify({ users: [id] }), state: 'done', started_by: userInfo().username }
    expect(record.toSorted((a, b) => a.action.localeCompare(b.action))).toMatchObject([
      { action: 'add-administrator', ...row },
      { action: 'remove-administrator', ...row },
      { action: 'unban', ...row },
    ])
  })
})
