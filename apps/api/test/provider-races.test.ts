import { CompiledQuery, sql, SqliteDriver } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { failCommand } from './fail-command.js'
import { signUpDevice } from './helpers.js'
import { holdQuery } from './hold-query.js'
import { addressOf, finish, invalid, linkedTo, startWithProvider, type WithProvider } from './providers-helpers.js'

// An account of a provider gets an owner between the look and the write of another request.

let server: WithProvider['server']
let somebody: WithProvider['somebody']
let go: WithProvider['go']
let t: WithProvider
beforeAll(async () => {
  t = await startWithProvider()
  ;({ server, somebody, go } = t)
})
afterAll(() => t[Symbol.asyncDispose]())

/** Runs a statement once, right before a query that the last pattern matches, after one for each of those before it. */
function runBefore(patterns: readonly RegExp[], statement: string): Disposable {
  const acquire = SqliteDriver.prototype.acquireConnection
  const left = [...patterns]
  const spy = vi.spyOn(SqliteDriver.prototype, 'acquireConnection').mockImplementation(async function (
    this: SqliteDriver,
  ) {
    const connection = await acquire.call(this)
    const executeQuery: typeof connection.executeQuery = async (query) => {
      if (left[0]?.test(query.sql)) {
        left.shift()
        if (left.length === 0) await connection.executeQuery(CompiledQuery.raw(statement))
      }
      return connection.executeQuery(query)
    }
    return { executeQuery, streamQuery: connection.streamQuery.bind(connection) }
  })
  return { [Symbol.dispose]: () => spy.mockRestore() }
}

/** Somebody else, to whom a request links the account of the provider in this moment. */
async function fasterOwner(sub: string, moment: readonly RegExp[]) {
  const device = await signUpDevice(server)
  const userId = (await device.api.session.current.query()).user.id
  const linked = `insert into account (id, userId, providerId, accountId, createdAt, updatedAt)
    values ('faster-${sub}', '${userId}', 'acme', '${sub}', '2026-01-01', '2026-01-01')`
  return { device, racing: runBefore(moment, linked) }
}

test('two people who link one account of the provider at the same time do not both have it', async () => {
  const laptop = await signUpDevice(server)
  const faster = await fasterOwner(somebody().sub, [/from "account"/, /^begin/])
  using _racing = faster.racing
  expect(await go(laptop, '/provider/link')).toMatchObject({ status: 409, body: { code: 'LINKED_TO_ANOTHER' } })
  expect(await linkedTo(laptop)).toEqual([])
  expect(await linkedTo(faster.device)).toHaveLength(1)
})

test('a first sign-in by a provider, while somebody links its account, is refused', async () => {
  const faster = await fasterOwner(somebody().sub, [/from "account"/, /^begin/])
  using _racing = faster.racing
  expect(await go(server.browser())).toMatchObject({ status: 409, body: { code: 'ACCOUNT_NOT_LINKED' } })
})

test('two accounts of one provider, linked at once, are not both linked', async () => {
  const laptop = await signUpDevice(server)
  const phone = server.browser()
  await phone.signIn(laptop.email)
  somebody()
  const callback = await t.provider.visit(await addressOf(laptop, '/provider/link'))
  using look = holdQuery(/count.* from "account"/)
  const first = finish(laptop, callback)
  await look.held
  somebody()
  expect((await go(phone, '/provider/link')).status).toBe(200)
  look.open()
  expect(await first).toMatchObject({ status: 409, body: { code: 'ALREADY_LINKED' } })
  expect(await linkedTo(laptop)).toHaveLength(1)
})

test('an outage before the sign-in leaves the code of the provider good', async () => {
  // The command of the limit, then that of the time of the sign-in.
  for (const n of [1, 2]) {
    somebody()
    const device = server.browser()
    const callback = await t.provider.visit(await addressOf(device, '/provider/sign-in'))
    {
      using failing = failCommand(n, 'never sent')
      expect((await finish(device, callback)).status).toBe(503)
      expect(failing.reached()).toBe(true)
    }
    expect((await finish(device, callback)).status).toBe(200)
  }
})

test.each(['never sent', 'reply lost', 'never sent, nor any after it'] as const)(
  'an outage after the provider has taken its code signs nobody in, and the next way through the provider does: %s',
  async (fault) => {
    const { kysely } = server.database()
    const seen: string[] = []
    for (const isKnown of [false, true])
      for (let n = 3, isReached = true; isReached; n += 1) {
        const { email, sub } = somebody()
        if (isKnown) expect((await go(server.browser())).status).toBe(200)
        const device = server.browser()
        const callback = await t.provider.visit(await addressOf(device, '/provider/sign-in'))
        let status: number
        {
          using failing = failCommand(n, fault)
          const answer = await finish(device, callback)
          status = answer.status
          if (status === 503) expect(answer.setCookies).toEqual([])
          isReached = failing.reached()
        }
        seen.push(`${isKnown ? 'known' : 'new'}, ${status}`)
        expect([200, 503]).toContain(status)
        expect((await device.request('/trpc/session.current')).status).toBe(status === 200 ? 200 : 401)
        if (status === 503) {
          expect(await finish(device, callback), 'the provider takes a code once').toMatchObject(invalid)
          expect((await go(device)).status).toBe(200)
        }
        expect((await device.api.session.current.query()).user.email).toBe(email)
        expect(await linkedTo(device)).toHaveLength(1)
        const users = await sql`select 1 from "user" where email = ${email}`.execute(kysely)
        const accounts = await sql`select 1 from account where "accountId" = ${sub}`.execute(kysely)
        expect([users.rows.length, accounts.rows.length]).toEqual([1, 1])
      }
    for (const one of ['new, 503', 'new, 200', 'known, 503', 'known, 200']) expect(seen).toContain(one)
  },
)
