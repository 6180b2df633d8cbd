import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Services, startAccounts, waitingMails } from './accounts.js'
import { createCommand } from './command.js'

// A required password reset as an operation.

let t: Awaited<ReturnType<typeof startAccounts>>
beforeAll(async () => {
  t = await startAccounts()
})
afterAll(() => t[Symbol.asyncDispose]())
const { start, run, runJson } = createCommand(() => t.env)

type Tables = {
  user: Record<'id' | 'name' | 'email' | 'createdAt' | 'updatedAt', string> & { emailVerified: number }
  account: Record<'id' | 'accountId' | 'providerId' | 'userId' | 'createdAt' | 'updatedAt', string> & {
    password: string | null
  }
  mail: Record<'key' | 'kind' | 'payload', string> &
    Record<'created_at' | 'due_at' | 'leased_until' | 'attempts', number>
  operation: Record<'id' | 'action' | 'state' | 'filter', string> & { revoked: number }
}
const tablesOf = ({ database }: Services) => database.kysely.withTables<Tables>()
const anHourAgo = new Date(Date.now() - 3_600_000).toISOString()
const dates = { createdAt: anHourAgo, updatedAt: anHourAgo }

async function insertPerson(services: Services, id: string, password: string | null): Promise<void> {
  const tables = tablesOf(services)
  const user = { id, name: id, email: `${id}@example.org`, emailVerified: 1, ...dates }
  await tables.insertInto('user').values(user).execute()
  const account = { id, accountId: id, providerId: 'credential', userId: id, password, ...dates }
  await tables.insertInto('account').values(account).execute()
}

async function fillQueue(services: Services, mails: number): Promise<void> {
  const times = { created_at: 0, due_at: 0, leased_until: 0, attempts: 0 }
  const filler = (n: number) => ({ key: `filler-${n}`, kind: 'filler', payload: '', ...times })
  for (let n = 0; n < mails; n += 100)
    await tablesOf(services)
      .insertInto('mail')
      .values(Array.from({ length: Math.min(100, mails - n) }, (_, more) => filler(n + more)))
      .execute()
}

const passwordOf = async (services: Services, id: string) =>
  (await tablesOf(services).selectFrom('account').selectAll().where('userId', '=', id).executeTakeFirst())?.password

test('a killed reset is listed, and resumed by its id: nobody is reset or signed out twice, or gets a second mail', async () => {
  await t.withServices(async (services) => {
    const { store, redis } = services
    const tables = tablesOf(services)
    const people = ['fay', 'gil', 'hal', 'ida']
    for (const id of people) await insertPerson(services, id, ['fay', 'gil'].includes(id) ? null : 'a hash')
    // So many that the operation does not hold their ids. Its filter finds nobody any more when it is resumed.
    const others = Array.from({ length: 8 }, (_, n) => `aged-${n}`)
    for (const id of others) await insertPerson(services, id, null)
    for (const userId of [...people, ...others]) await store.create({ userId, ipAddress: '192.0.2.7' })
    await tables.deleteFrom('mail').execute()
    await fillQueue(services, 7_999)
    const reset = start(['users', 'require-password-reset', '--address', '192.0.2.7', '--confirm', '12'])
    await vi.waitUntil(() => reset.printed.err.includes('many mails wait'), 20_000)
    reset.child.kill('SIGKILL')
    await reset.ended
    const id = /Operation (\S+)\./.exec(reset.printed.err)?.[1] ?? ''
    const aMinuteAgo = Date.now() - 60_000
    await redis.hset(`shop:user:operation:${id}`, { updatedAt: aMinuteAgo, startedAt: aMinuteAgo, lease: aMinuteAgo })
    const [listed] = (await runJson(['operations', 'list'])).results
    expect(listed).toMatchObject({ id, action: 'require-password-reset', state: 'interrupted', revoked: 11 })

    // Meanwhile: a sign-in without a password, a new password of one whose mail has left, and of one who had none.
    expect(await passwordOf(services, 'hal')).toBeNull()
    await tables.deleteFrom('mail').execute()
    const chosen = { password: 'another hash', updatedAt: new Date().toISOString() }
    await tables.updateTable('account').set(chosen).where('userId', 'in', ['fay', 'hal']).execute()
    const later = await Promise.all(['fay', 'gil', 'hal'].map((userId) => store.create({ userId })))

    expect(await run(['operations', 'resume', id])).toMatchObject({
      code: 0,
      out: '3 users must choose a new password, 9 had none.\n',
    })
    expect(await passwordOf(services, 'fay')).toBe('another hash')
    expect(await passwordOf(services, 'hal')).toBe('another hash')
    expect(await passwordOf(services, 'ida')).toBeNull()
    for (const created of later) expect(await store.validate(created?.token ?? '')).not.toBeNull()
    expect(await store.list('ida')).toEqual([])
    expect(await waitingMails(services)).toEqual(['password-required:ida'])
    expect(await tables.selectFrom('operation').selectAll().where('id', '=', id).execute()).toMatchObject([
      { action: 'require-password-reset', state: 'done', revoked: 12, filter: expect.stringContaining('"count":12') },
    ])
  })
})

test('a reset that was killed between the password and the sessions is completed, also if the user could sign in since', async () => {
  await t.withServices(async (services) => {
    const { auth, store } = services
    await insertPerson(services, 'jim', 'a hash')
    await store.create({ userId: 'jim' })
    const revoked: [string, Date][] = []
    const revoke = async (userId: string, createdBy: Date) => void revoked.push([userId, createdBy])
    const mass = { id: 'a', startedAt: new Date(), revoke }
    const before = await store.time()
    expect(await auth.requirePasswordReset('jim', mass)).toBe(true)
    expect(revoked).toEqual([])
    await tablesOf(services).deleteFrom('mail').execute() // it was sent
    expect(await auth.requirePasswordReset('jim', mass)).toBe(true)
    expect(revoked).toEqual([['jim', expect.any(Date)]])
    expect(Number(revoked[0]?.[1])).toBeGreaterThanOrEqual(before.getTime())
    expect(await waitingMails(services)).toEqual([])
  })
})

test('a reset is stopped while it waits', async () => {
  await t.withServices(async (services) => {
    await insertPerson(services, 'kim', 'a hash')
    await fillQueue(services, 8_000)
    const reset = start(['users', 'require-password-reset', 'kim', '--confirm', '1'])
    await vi.waitUntil(() => reset.printed.err.includes('many mails wait'), 20_000)
    const id = /Operation (\S+)\./.exec(reset.printed.err)?.[1] ?? ''
    expect(await run(['operations', 'stop', id])).toMatchObject({ code: 0 })
    expect(await reset.ended).toBe(0)
    expect(reset.printed.out).toContain(`${id}  require-password-reset  stopped  `)
    await tablesOf(services).deleteFrom('mail').execute()

    await services.redis.hset(`shop:user:operation:${id}`, { action: 'work of a later version' })
    const resumed = await run(['operations', 'resume', id])
    expect(resumed).toMatchObject({ code: 2, err: expect.stringContaining('cannot resume') })
    expect(await passwordOf(services, 'kim')).toBe('a hash')
  })
})

test('a reset is done while SQL takes no activity: a server moves it later', async () => {
  await t.withServices(async (services) => {
    await insertPerson(services, 'lea', 'a hash')
    await services.store.create({ userId: 'lea' })
    await services.activity.flush()
    const { kysely } = services.database
    const execute = (text: string) =>
      kysely.executeQuery({ ...tablesOf(services).selectFrom('mail').selectAll().compile(), sql: text })
    await execute("create trigger refuses before insert on activity begin select raise(abort, 'refused'); end")
    const reset = await run(['users', 'require-password-reset', 'lea', '--confirm', '1'])
    expect(reset).toMatchObject({ code: 0, out: '1 user must choose a new password, 0 had none.\n' })
    await execute('drop trigger refuses')
    const { events } = await services.activity.list('lea', { limit: 10 })
    expect(events.map(({ kind }) => kind)).toContain('ended')
  })
})
