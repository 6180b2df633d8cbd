import { sql, SqliteDriver } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Browser, codeOf, newEmail, signed, signUpDevice, tokenOf } from './helpers.js'
import { tokensTo } from './outbox.js'
import { ceremonies } from './passkeys-helpers.js'
import {
  addressOf,
  finish,
  gate,
  invalid,
  linkedTo,
  start,
  startWithProvider,
  unproved,
  type WithProvider,
} from './providers-helpers.js'

// Links, unlinks and proves by a real OpenID provider, through real HTTP.

const QUARTER = 15 * 60_000

let provider: WithProvider['provider']
let server: WithProvider['server']
let somebody: WithProvider['somebody']
let go: WithProvider['go']
let t: WithProvider
beforeAll(async () => {
  t = await startWithProvider()
  ;({ provider, server, somebody, go } = t)
})
afterAll(() => t[Symbol.asyncDispose]())

const currentId = async (device: Browser): Promise<string> => (await device.api.session.current.query()).id

/** Somebody with a password and a linked account of the provider. */
async function withLink() {
  const laptop = await signUpDevice(server)
  const person = somebody()
  expect((await go(laptop, '/provider/link')).status).toBe(200)
  const [account] = await linkedTo(laptop)
  return { laptop, person, id: account?.id ?? '' }
}

test('linking needs a recent proof, and ends the other sessions if the person says so', async () => {
  const laptop = await signUpDevice(server)
  const phone = server.browser()
  await phone.signIn(laptop.email)
  somebody({ email: newEmail(), email_verified: false })
  await server.later(QUARTER, async () =>
    expect(await start(laptop, '/provider/link')).toMatchObject({ status: 403, body: { code: 'REAUTHENTICATE' } }),
  )
  const id = await currentId(laptop)
  const copy = server.browser()
  copy.jar.set('rollcall.session_token', signed(tokenOf(laptop)))
  expect(await go(laptop, '/provider/link', { revokeOtherSessions: true })).toMatchObject({ body: { purpose: 'link' } })
  expect(await currentId(laptop)).toBe(id)
  for (const ended of [phone, copy]) expect(await codeOf(currentId(ended))).toBe('UNAUTHORIZED')
  expect(server.audits().at(-1)).toMatchObject({ event: 'account-linked', result: 'ok', sessionId: id, ended: 1 })
  expect(await linkedTo(laptop)).toEqual([expect.objectContaining({ provider: 'acme', name: 'Acme', canProve: true })])
  const tablet = server.browser()
  expect((await go(tablet)).status).toBe(200)
  expect((await tablet.api.session.current.query()).user.email).toBe(laptop.email)
})

test('a provider that was linked since a sign-in is named before "This wasn’t me" unlinks it', async () => {
  const { email } = await signUpDevice(server)
  const thief = server.browser()
  await thief.signIn(email)
  const [token] = await tokensTo(server, email, 'secure-account')
  somebody()
  expect((await go(thief, '/provider/link')).status).toBe(200)
  const look = await server.browser().post('/api/link', { kind: 'secure-account', token })
  expect(await look.json()).toMatchObject({ additions: [{ kind: 'provider', name: 'Acme' }] })
  expect((await server.browser().post('/api/auth/secure-account', { token })).status).toBe(200)
  expect((await go(thief)).status, 'an account of its own').toBe(200)
  expect((await thief.api.session.current.query()).user.email).not.toBe(email)
})

test('an account of the provider is linked to one account, and an account to one of the provider', async () => {
  const { laptop, person } = await withLink()
  const stranger = await signUpDevice(server)
  expect(await go(stranger, '/provider/link')).toMatchObject({ status: 409, body: { code: 'LINKED_TO_ANOTHER' } })
  somebody()
  expect(await go(laptop, '/provider/link')).toMatchObject({ status: 409, body: { code: 'ALREADY_LINKED' } })
  provider.answer.person = person
  expect(await go(laptop, '/provider/link')).toMatchObject({ status: 409, body: { code: 'ALREADY_LINKED' } })
})

test('a session that was revoked meanwhile links nothing, and neither does another one', async () => {
  const laptop = await signUpDevice(server)
  const person = somebody()
  const callback = await provider.visit(await addressOf(laptop, '/provider/link'))
  const phone = server.browser()
  await phone.signIn(laptop.email)
  await phone.api.devices.revokeOthers.mutate()
  expect(await finish(laptop, callback)).toMatchObject(invalid)
  const again = await provider.visit(await addressOf(phone, '/provider/link'))
  await phone.post('/api/auth/sign-out', {})
  await phone.signIn((await signUpDevice(server)).email)
  expect(await finish(phone, again)).toMatchObject(invalid)
  expect(await linkedTo(phone)).toEqual([])
  const { kysely } = server.database()
  const rows = await sql`select id from account where "accountId" = ${person.sub}`.execute(kysely)
  expect(rows.rows).toEqual([])
})

test('nor does one that is revoked while the provider answers', async () => {
  const laptop = await signUpDevice(server)
  const person = somebody()
  const phone = server.browser()
  await phone.signIn(laptop.email)
  const callback = await provider.visit(await addressOf(laptop, '/provider/link'))
  const direct = globalThis.fetch
  const { waiting, pass, open } = gate()
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    if (url.startsWith(provider.issuer) && init?.method === 'POST') await pass()
    return direct(input, init)
  })
  const answer = finish(laptop, callback)
  await waiting
  await phone.api.devices.revokeOthers.mutate()
  open()
  expect((await answer).status).toBe(401)
  vi.restoreAllMocks()
  const { kysely } = server.database()
  expect((await sql`select id from account where "accountId" = ${person.sub}`.execute(kysely)).rows).toEqual([])
})

test('a connection that is lost after the commit is not taken for an account of somebody else', async () => {
  somebody()
  const device = server.browser()
  const callback = await provider.visit(await addressOf(device, '/provider/sign-in'))
  const commit = vi.spyOn(SqliteDriver.prototype, 'commitTransaction')
  commit.mockImplementationOnce(async function (this: SqliteDriver, connection) {
    commit.mockRestore()
    await this.commitTransaction(connection)
    throw new Error('the connection is lost')
  })
  expect(await finish(device, callback)).not.toMatchObject({ body: { code: 'ACCOUNT_NOT_LINKED' } })
  expect((await go(device)).status).toBe(200)
})

test('unlinking needs a recent proof, ends the other sessions, and this device stays with a new secret', async () => {
  const { laptop, id } = await withLink()
  const phone = server.browser()
  expect((await go(phone)).status).toBe(200)
  const unlink = (device: Browser, account: string) => ceremonies(device).post('/provider/unlink', { id: account })
  await server.later(QUARTER, async () =>
    expect(await unlink(laptop, id)).toMatchObject({ status: 403, body: { code: 'REAUTHENTICATE' } }),
  )
  const stranger = await signUpDevice(server)
  const answers = [await unlink(stranger, id), await unlink(stranger, 'unknown')]
  for (const answer of answers) expect(answer).toMatchObject({ status: 404, body: { code: 'ACCOUNT_NOT_FOUND' } })
  const session = await currentId(laptop)
  const copy = server.browser()
  copy.jar.set('rollcall.session_token', signed(tokenOf(laptop)))
  expect((await unlink(laptop, id)).status).toBe(200)
  expect(await currentId(laptop)).toBe(session)
  for (const ended of [phone, copy]) expect(await codeOf(currentId(ended))).toBe('UNAUTHORIZED')
  expect(server.audits().at(-1)).toMatchObject({
    event: 'account-unlinked',
    result: 'ok',
    sessionId: session,
    ended: 1,
  })
  expect(await linkedTo(laptop)).toEqual([])
})

test('unlinking keeps the other sessions if the person says so in the same step', async () => {
  const { laptop, id } = await withLink()
  const phone = server.browser()
  expect((await go(phone)).status).toBe(200)
  const [session, other] = [await currentId(laptop), await currentId(phone)]
  const copy = server.browser()
  copy.jar.set('rollcall.session_token', signed(tokenOf(laptop)))
  expect((await ceremonies(laptop).post('/provider/unlink', { id, revokeOtherSessions: false })).status).toBe(200)
  expect([await currentId(laptop), await currentId(phone)]).toEqual([session, other])
  expect(await codeOf(currentId(copy))).toBe('UNAUTHORIZED')
  expect(await linkedTo(laptop)).toEqual([])
})

test('the last way in stays, and a provider that is not configured is none', async () => {
  const device = server.browser()
  somebody()
  await go(device)
  const { user } = await device.api.session.current.query()
  const [account] = await linkedTo(device)
  const unlink = (id = '') => ceremonies(device).post('/provider/unlink', { id, revokeOtherSessions: false })
  const refused = { status: 400, body: { code: 'LAST_WAY_IN' } }
  expect(await unlink(account?.id)).toMatchObject(refused)
  expect(server.audits().at(-1)).toMatchObject({
    event: 'account-unlinked',
    result: 'refused',
    userId: user.id,
    sessionId: await currentId(device),
  })
  const { kysely } = server.database()
  await sql`insert into account (id, "accountId", "providerId", "userId", "createdAt", "updatedAt")
    values ('gone', 'x', 'gone', ${user.id}, ${'2026-01-01T00:00:00.000Z'}, ${'2026-01-01T00:00:00.000Z'})`.execute(
    kysely,
  )
  expect(await unlink(account?.id)).toMatchObject(refused)
  expect((await linkedTo(device)).map(({ name, canProve }) => [name, canProve])).toContainEqual(['gone', false])
  expect((await unlink('gone')).status).toBe(200)
})

test('a proof asks the provider to check its user again, and is exact', async () => {
  const { laptop, person } = await server.later(-QUARTER, withLink)
  const jar = new Map<string, string>()
  const id = await currentId(laptop)
  const needed = { status: 403, body: { code: 'REAUTHENTICATE' } }
  const revokes = () => start(laptop, '/provider/link')
  expect(await revokes()).toMatchObject(needed)

  const somebodyElse = somebody()
  expect(await go(laptop, '/provider/prove', {}, jar)).toMatchObject(unproved)
  expect(await go(server.browser())).toMatchObject({ status: 200 }) // who has an account of their own now
  provider.answer.person = somebodyElse
  expect(await go(laptop, '/provider/prove')).toMatchObject(unproved)
  expect(server.audits().at(-1)).toMatchObject({ event: 'reauthentication', result: 'refused', sessionId: id })

  provider.answer.person = person
  provider.answer.age = 60 // the provider did not ask for the password again
  expect(await go(laptop, '/provider/prove')).toMatchObject(unproved)
  provider.answer.age = 0
  const silent = new URL(await addressOf(laptop, '/provider/prove'))
  for (const parameter of ['prompt', 'max_age']) silent.searchParams.delete(parameter)
  expect(await finish(laptop, await provider.visit(silent.href))).toMatchObject(unproved) // without auth_time
  expect(await revokes()).toMatchObject(needed)

  expect(await go(laptop, '/provider/prove', { returnTo: '/security' })).toMatchObject({
    status: 200,
    body: { purpose: 'prove', returnTo: '/security' },
  })
  expect(await currentId(laptop)).toBe(id)
  expect((await revokes()).status).toBe(200)
  expect(server.audits()).toContainEqual(
    expect.objectContaining({ event: 'reauthentication', result: 'ok', sessionId: id }),
  )
  expect(await start(laptop, '/provider/prove', { provider: 'github' })).toMatchObject(unproved)
})

test('no endpoint that needs a session takes one that is missing, forged, expired or revoked', async () => {
  const { laptop, id } = await withLink()
  const phone = server.browser()
  await phone.signIn(laptop.email)
  await phone.api.devices.list.query()
  const forged = server.browser()
  forged.jar.set('rollcall.session_token', signed(tokenOf(laptop), 'another secret, also of 32 characters or more'))
  await laptop.api.devices.revoke.mutate({ id: await currentId(phone) })
  const statuses = (device: Browser) =>
    Promise.all(
      ['/provider/link', '/provider/prove', '/provider/unlink'].map(
        async (path) => (await start(device, path, { id })).status,
      ),
    )
  for (const device of [server.browser(), forged, phone]) expect(await statuses(device)).toEqual([401, 401, 401])
  const { expiresAt } = await laptop.api.session.current.query()
  await server.later(new Date(expiresAt).getTime() - Date.now() + 1, async () =>
    expect(await statuses(laptop)).toEqual([401, 401, 401]),
  )
})
