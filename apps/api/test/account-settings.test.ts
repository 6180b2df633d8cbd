import { userTagOf } from '@rollcall/session-store'
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { failCommand } from './fail-command.js'
import { createPasswords } from '../src/accounts/passwords/passwords.js'
import {
  type Browser,
  codeOf,
  commandsOf,
  withRedis,
  PASSWORD,
  signUpDevice,
  startServer,
  type TestServer,
} from './helpers.js'
import { failStatements } from './fail-database.js'
import { untilMailsLeft } from './mail/queue-helpers.js'
import { mailsTo as allMailsTo } from './outbox.js'

// The page of the account: the name, the person's own data, and the end of the account.

const quick = createPasswords({ N: 2 ** 10, r: 8, p: 1 })
/** Holds the next comparison of a password, after it was found right. */
let holdVerify: { readonly reached: () => void; readonly opened: Promise<void> } | undefined

let server: TestServer
beforeAll(async () => {
  server = await startServer({
    passwords: {
      ...quick,
      async verify(input) {
        const isRight = await quick.verify(input)
        const held = holdVerify
        holdVerify = undefined
        held?.reached()
        await held?.opened
        return isRight
      },
    },
  })
})
afterAll(() => server[Symbol.asyncDispose]())

const kysely = (): Kysely<unknown> => server.database().kysely
const userIdOf = async ({ api }: Browser): Promise<string> => (await api.session.current.query()).user.id

async function rowsOf(userId: string): Promise<number[]> {
  const tables = ['user', 'account', 'device'].map((table) => {
    const field = table === 'user' ? 'id' : 'userId'
    return sql<{
      n: number | string
    }>`select count(*) as n from ${sql.table(table)} where ${sql.ref(field)} = ${userId}`
  })
  return Promise.all(tables.map(async (query) => Number((await query.execute(kysely())).rows[0]?.n)))
}

/** The mails to an address that are no notice of a new device. */
async function mailsTo(email: string): Promise<string[]> {
  return (await allMailsTo(server, email)).filter((mail) => !mail.includes('/secure-account'))
}

async function later<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  server.clock.ahead += milliseconds
  try {
    return await work()
  } finally {
    server.clock.ahead -= milliseconds
  }
}

describe('the name', () => {
  test('changes, without the white space around it, for every device', async () => {
    const laptop = await signUpDevice(server)
    const phone = server.browser()
    await phone.signIn(laptop.email)
    expect(await laptop.api.account.changeName.mutate({ name: '  Ada King ' })).toEqual({ name: 'Ada King' })
    expect((await phone.api.session.current.query()).user.name).toBe('Ada King')
    await laptop.api.account.changeName.mutate({ name: 'Ada King' }) // it is so already
    const { entries } = await phone.api.activity.list.query({ kind: 'changes' })
    expect(entries.map(({ type, device }) => [type, device.isCurrent])).toEqual([['name-changed', false]])
  })

  test('must be one that people can read', async () => {
    const { api } = await signUpDevice(server)
    for (const name of ['', '   ', 'x'.repeat(101), 'a\u0000b', '\u3164', '\u202Eada'])
      expect(await codeOf(api.account.changeName.mutate({ name })), JSON.stringify(name)).toBe('BAD_REQUEST')
    expect((await api.session.current.query()).user.name).toBe('Ada')
  })
})

describe('the data of a person', () => {
  test('is all that is stored about them, and nothing that signs in', async () => {
    const laptop = await signUpDevice(server)
    const phone = server.browser()
    await phone.signIn(laptop.email)
    const stranger = await signUpDevice(server)
    const data = await laptop.api.account.data.query()
    expect(data).toMatchObject({
      user: { email: laptop.email, name: 'Ada', emailVerified: false, language: null, timeZone: null },
      waysIn: { accounts: [{ providerId: 'credential' }], passkeys: [], secondFactor: false },
      isComplete: true,
    })
    expect(data.sessions.map(({ isCurrent }) => isCurrent)).toEqual([true, false])
    expect(data.devices).toHaveLength(2)
    expect(data.activity.map(({ type }) => type)).toEqual(['signed-in-first', 'signed-in-first'])
    const text = JSON.stringify(data)
    const { rows } = await sql<{ password: string }>`
      select password from account where ${sql.ref('userId')} = ${data.user.id}`.execute(kysely())
    expect(rows).toHaveLength(1)
    for (const secret of [rows[0]?.password ?? '', 'scrypt', 'session_token', stranger.email])
      expect(text).not.toContain(secret)
  })

  test('asks Redis about the session even where other queries are answered from a near-cache', async () => {
    await using cached = await startServer({ env: { NEAR_CACHE_LEASE_MS: '60000' } })
    const { api } = await signUpDevice(cached)
    await api.session.current.query()
    await expect.poll(() => commandsOf(cached.redis, () => api.session.current.query())).not.toHaveProperty('hget')
    expect(await commandsOf(cached.redis, () => api.account.data.query())).toMatchObject({ hget: 1 })
  })
})

describe('deleting the account', () => {
  test('revokes every session, deletes every row and the activity, clears the cookie, and sends a mail', async () => {
    const laptop = await signUpDevice(server)
    const phone = server.browser()
    await phone.signIn(laptop.email)
    await laptop.api.account.setLanguage.mutate({ language: 'de' })
    const other = await signUpDevice(server)
    const userId = await userIdOf(laptop)
    await laptop.api.activity.list.query({})
    expect(await rowsOf(userId)).toEqual([1, 1, 2])

    expect(await laptop.api.account.delete.mutate()).toEqual({ deleted: true })
    expect(laptop.jar.has('rollcall.session_token')).toBe(false)
    expect(await codeOf(phone.api.session.current.query())).toBe('UNAUTHORIZED')
    expect(await rowsOf(userId)).toEqual([0, 0, 0])
    const signIn = { email: laptop.email, password: PASSWORD }
    expect((await server.browser().post('/api/auth/sign-in/email', signIn)).status).toBe(401)
    expect(server.audits()).toContainEqual(expect.objectContaining({ event: 'user-deleted', result: 'ok', userId }))
    await server.flush()
    const { rows } = await sql`select id from activity where user_tag = ${userTagOf(userId)}`.execute(kysely())
    expect(rows).toEqual([])
    await expect.poll(() => mailsTo(laptop.email)).toEqual([expect.stringContaining('Konto anlegen')])
    expect(await userIdOf(other)).not.toBe('')
  })

  test('needs a recent proof, and goes on after it', async () => {
    const laptop = await signUpDevice(server)
    await later(15 * 60_000, async () => {
      const error: unknown = await laptop.api.account.delete.mutate().catch((reason: unknown) => reason)
      expect(error).toMatchObject({ data: { code: 'FORBIDDEN', reason: 'REAUTHENTICATE' } })
      const userId = await userIdOf(laptop)
      expect(server.audits().at(-1)).toMatchObject({ event: 'user-deleted', result: 'refused', userId })
      expect((await laptop.post('/api/auth/reauthenticate', { password: PASSWORD })).status).toBe(200)
      expect(await laptop.api.account.delete.mutate()).toEqual({ deleted: true })
      const lines = server.audits().filter((line) => line['event'] === 'user-deleted' && line['userId'] === userId)
      expect(lines.map(({ result }) => result)).toEqual(['refused', 'ok'])
    })
  })

  test('a sign-in under way meanwhile creates nothing', async () => {
    const laptop = await signUpDevice(server)
    let open = (): void => undefined
    const opened = new Promise<void>((resolve) => (open = resolve))
    const reached = new Promise<void>((resolve) => (holdVerify = { reached: resolve, opened }))
    const signIn = server.browser().post('/api/auth/sign-in/email', { email: laptop.email, password: PASSWORD })
    await reached // its password was right
    await laptop.api.account.delete.mutate()
    open()
    const answer = await signIn
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([409, []])
  })

  test('a session that is revoked while the deletion waits deletes nothing, and no mail says otherwise', async () => {
    const laptop = await signUpDevice(server)
    const thief = server.browser()
    await thief.signIn(laptop.email)
    const userId = await userIdOf(laptop)
    const { id } = await thief.api.session.current.query()
    const counted = () => withRedis(server.redis, async (admin) => (await admin.keys('limit:account:session:*')).length)
    const before = await counted()
    let deletion: Promise<string> | undefined
    await kysely()
      .transaction()
      .execute(async (transaction) => {
        // On SQLite the transaction holds the file, on PostgreSQL the row.
        await sql`update "user" set name = name where id = ${userId}`.execute(transaction)
        deletion = codeOf(thief.api.account.delete.mutate())
        await expect.poll(counted).toBe(before + 1) // its session was validated; it waits for the database
        await laptop.api.devices.revoke.mutate({ id })
      })
    expect(await deletion).toBe('UNAUTHORIZED')
    expect(await rowsOf(userId)).toEqual([1, 1, 2])
    await sql`update mail set due_at = 0`.execute(kysely()) // it was prepared, to leave seconds later
    await untilMailsLeft(server)
    expect(await mailsTo(laptop.email)).toEqual([])
    expect(await userIdOf(laptop)).toBe(userId)
  })

  test('an outage of Redis at any command is a 503 that can be repeated, or the account is gone', async () => {
    let person = await signUpDevice(server)
    let isReached = true
    for (let n = 1; isReached; n += 1) {
      const userId = await userIdOf(person)
      const failing = failCommand(n, 'never sent')
      const outcome = await person.api.account.delete.mutate().then(
        () => 'deleted',
        (error: { data?: { code?: string } }) => error.data?.code,
      )
      isReached = failing.reached()
      failing[Symbol.dispose]()
      const [isThere] = await rowsOf(userId)
      if (outcome === 'deleted') expect(isThere).toBe(0)
      else expect(outcome).toBe('SERVICE_UNAVAILABLE')
      if (isThere === 0) {
        expect(await codeOf(person.api.session.current.query())).toBe('UNAUTHORIZED')
        person = await signUpDevice(server)
      } else if ((await codeOf(person.api.session.current.query())) === 'UNAUTHORIZED')
        await person.signIn(person.email)
    }
  })

  test('an outage of the database changes nothing', async () => {
    const laptop = await signUpDevice(server)
    {
      using _ = failStatements()
      expect(await codeOf(laptop.api.account.delete.mutate())).toBe('SERVICE_UNAVAILABLE')
    }
    expect((await laptop.api.session.current.query()).user.email).toBe(laptop.email)
    expect(await laptop.api.account.delete.mutate()).toEqual({ deleted: true })
  })
})
