import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { Client } from '../src/client/client.js'
import { type Browser, codeOf, countOn, signed, signUpDevice, tokenOf } from './helpers.js'
import { ceremonies, failingAt } from './passkeys-helpers.js'
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

// Signs in with a real OpenID provider, through real HTTP.

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
beforeEach(() => void Object.assign(provider.answer, { person: null, age: 0 }))

const currentId = async (device: Browser): Promise<string> => (await device.api.session.current.query()).id

test('a first sign-in makes an account, and the next one signs in to it; the devices page and the activity name the provider', async () => {
  const laptop = server.browser()
  const person = somebody()
  expect(await go(laptop, '/provider/sign-in', { returnTo: '/security' })).toMatchObject({
    status: 200,
    body: { purpose: 'sign-in', returnTo: '/security' },
  })
  const { user } = await laptop.api.session.current.query()
  expect(user).toMatchObject({ email: person.email, name: 'Ada Lovelace' })
  const phone = server.browser()
  expect((await go(phone)).status).toBe(200)
  expect((await phone.api.session.current.query()).user.id).toBe(user.id)
  const devices = await laptop.api.devices.list.query()
  const { entries } = await laptop.api.activity.list.query({ kind: 'sign-ins' })
  for (const signIns of [devices, entries])
    expect(signIns.map(({ signInMethod }) => signInMethod)).toEqual(
      Array.from({ length: 2 }, () => ({ kind: 'provider', provider: 'acme' })),
    )
  expect(server.audits().at(-1)).toMatchObject({ event: 'sign-in', result: 'ok', userId: user.id })
  const { kysely } = server.database()
  const rows = await sql<object>`select * from account where "userId" = ${user.id}`.execute(kysely)
  const tokens = { accessToken: null, refreshToken: null, idToken: null, password: null }
  expect(rows.rows).toEqual([expect.objectContaining({ providerId: 'acme', accountId: person.sub, ...tokens })])
})

test('an account that a provider makes has the language and the time zone of the page it was made on', async () => {
  for (const more of [{ language: 'de', timeZone: 'Europe/Vienna' }, {}]) {
    const device = server.browser()
    somebody()
    expect((await go(device, '/provider/sign-in', more)).status).toBe(200)
    const { id } = (await device.api.session.current.query()).user
    const { kysely } = server.database()
    const { rows } = await sql<object>`select language, "timeZone" from "user" where id = ${id}`.execute(kysely)
    expect(rows).toEqual([{ language: 'en', timeZone: null, ...more }])
  }
})

test('signing in again in the same browser asks the provider for a proof, and renews the session under its id', async () => {
  const laptop = server.browser()
  somebody()
  const jar = new Map<string, string>()
  await go(laptop, '/provider/sign-in', {}, jar)
  const id = await currentId(laptop)
  const copy = server.browser()
  copy.jar.set('rollcall.session_token', signed(tokenOf(laptop)))
  const silent = new URL(await addressOf(laptop, '/provider/sign-in'))
  expect([silent.searchParams.get('prompt'), silent.searchParams.get('max_age')]).toEqual(['login', '0'])
  for (const parameter of ['prompt', 'max_age']) silent.searchParams.delete(parameter)
  expect(await finish(laptop, await provider.visit(silent.href, jar))).toMatchObject(unproved)
  expect((await go(laptop)).status).toBe(200)
  expect(await currentId(laptop)).toBe(id)
  expect(await codeOf(currentId(copy))).toBe('UNAUTHORIZED')
  expect(await laptop.api.devices.list.query()).toHaveLength(1)
})

test('a sign-in that is not to be remembered ends with the browser, and after a day', async () => {
  somebody()
  const device = server.browser()
  const answer = await go(device, '/provider/sign-in', { rememberMe: false })
  expect(answer.setCookies.find((line) => line.includes('session_token='))).not.toMatch(/max-age/i)
  const { expiresAt } = await device.api.session.current.query()
  expect(Date.parse(expiresAt) - Date.now()).toBeLessThanOrEqual(24 * 60 * 60_000)
})

test('an address that the provider has not verified makes no account, and none is linked because of its address', async () => {
  for (const more of [{ email_verified: false }, { email_verified: undefined }, { email: undefined }, { email: 'x' }]) {
    somebody(more)
    const device = server.browser()
    expect(await go(device)).toMatchObject({ status: 403, body: { code: 'PROVIDER_EMAIL_UNVERIFIED' } })
    expect(device.jar.has('rollcall.session_token')).toBe(false)
  }
  const owner = await signUpDevice(server)
  for (const isVerified of [sql`false`, sql`true`]) {
    const { kysely } = server.database()
    await sql`update "user" set "emailVerified" = ${isVerified} where email = ${owner.email}`.execute(kysely)
    somebody({ email: owner.email.toUpperCase() })
    const device = server.browser()
    expect(await go(device)).toMatchObject({ status: 409, body: { code: 'ACCOUNT_NOT_LINKED' } })
    expect(device.jar.has('rollcall.session_token')).toBe(false)
    expect(await linkedTo(owner)).toEqual([])
  }
})

test('an address that is taken once it was found free makes no second account', async () => {
  const person = somebody()
  const [device, other] = [server.browser(), await signUpDevice(server)]
  const callback = await provider.visit(await addressOf(device, '/provider/sign-in'))
  const { kysely } = server.database()
  const { waiting, pass, open } = gate()
  const executor = kysely.getExecutor()
  const direct = executor.executeQuery.bind(executor)
  const held = vi.spyOn(executor, 'executeQuery').mockImplementation(async (query) => {
    const result = await direct(query)
    if (query.parameters.includes(person.email)) await pass()
    return result
  })
  const answer = finish(device, callback)
  await waiting
  held.mockRestore()
  await sql`update "user" set email = ${person.email} where email = ${other.email}`.execute(kysely)
  open()
  expect(await answer).toMatchObject({ status: 409, body: { code: 'ACCOUNT_NOT_LINKED' } })
  expect(device.jar.has('rollcall.session_token')).toBe(false)
})

test('a question outlives the refusal of a dead cookie in another tab', async () => {
  somebody()
  const device = await signUpDevice(server)
  const phone = server.browser()
  await phone.signIn(device.email)
  await phone.api.devices.revokeOthers.mutate()
  const callback = await provider.visit(await addressOf(device, '/provider/sign-in'))
  expect((await device.request('/api/auth/passkey/generate-authenticate-options')).status).toBe(200)
  expect((await finish(device, callback)).status).toBe(200)
})

test('a forged, replayed, foreign or late answer signs nobody in', async () => {
  somebody()
  const device = server.browser()
  const callback = await provider.visit(await addressOf(device, '/provider/sign-in'))
  const changed = (change: object) => {
    const copy = new URL(callback)
    for (const [name, value] of Object.entries(change)) copy.searchParams.set(name, String(value))
    return copy
  }
  expect(await finish(server.browser(), callback)).toMatchObject(invalid) // whose browser did not ask
  expect(await finish(device, callback, undefined, 'twin')).toMatchObject(invalid) // which takes the question back
  const fresh = async () => {
    const at = server.browser()
    return { at, callback: await provider.visit(await addressOf(at, '/provider/sign-in')) }
  }
  for (const change of [{ state: 'x' }, { code: 'x' }, { iss: 'https://evil.example' }, { code: '' }]) {
    const { at, callback: right } = await fresh()
    for (const [name, value] of Object.entries(change)) right.searchParams.set(name, value)
    expect(await finish(at, right)).toMatchObject(invalid)
    expect(at.jar.has('rollcall.session_token')).toBe(false)
  }
  expect(await finish(device, changed({}))).toMatchObject(invalid)

  const { at, callback: used } = await fresh()
  const cookies = new Map(at.jar)
  expect((await finish(at, used)).status).toBe(200)
  expect(await finish(at, used)).toMatchObject(invalid)
  const thief = server.browser()
  for (const [name, value] of cookies) thief.jar.set(name, value)
  expect(await finish(thief, used)).toMatchObject(invalid) // the code is used up at the provider
})

test('an answer within ten minutes of its question is good, and a later one is not, by the clock that servers share', async () => {
  const TEN_MINUTES = 10 * 60_000
  somebody()
  for (const [late, expected] of [
    [TEN_MINUTES, invalid],
    [TEN_MINUTES - 30_000, { status: 200 }],
  ] as const) {
    const device = server.browser()
    const address = await server.later(-late, () => addressOf(device, '/provider/sign-in'))
    expect(await finish(device, await provider.visit(address))).toMatchObject(expected)
  }
})

test('a banned person is refused', async () => {
  const device = server.browser()
  const person = somebody()
  await go(device)
  const { kysely } = server.database()
  await sql`update "user" set banned = ${sql`true`} where email = ${person.email}`.execute(kysely)
  const again = server.browser()
  expect(await go(again)).toMatchObject({ status: 403, body: { code: 'BANNED_USER' } })
  expect(again.jar.has('rollcall.session_token')).toBe(false)
})

test('the person or the provider may say no', async () => {
  expect(await go(server.browser())).toMatchObject({ status: 400, body: { code: 'PROVIDER_DECLINED' } })
})

test('the browser comes back to this origin alone, with PKCE, state and nonce', async () => {
  const device = server.browser()
  const url = new URL(await addressOf(device, '/provider/sign-in'))
  const asked = Object.fromEntries(url.searchParams)
  expect(asked).toMatchObject({
    redirect_uri: `${server.baseUrl}/provider/acme`,
    response_type: 'code',
    code_challenge_method: 'S256',
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    nonce: expect.stringMatching(/^[\w-]{20,}$/),
    state: expect.stringMatching(/^[\w-]{20,}$/),
  })
  expect(asked['prompt']).toBeUndefined()
  for (const returnTo of ['https://evil.example', '//evil.example', '/\\evil.example', '/sign-in', 7])
    expect((await start(device, '/provider/sign-in', { returnTo })).status, String(returnTo)).toBe(400)
  for (const returnTo of ['/', '/activity', '/security', '/account', '/admin'])
    expect((await start(device, '/provider/sign-in', { returnTo })).status, returnTo).toBe(200)
})

test('a provider that does not answer is a clear error and no outage of ours; it is asked again next time', async () => {
  const away = { status: 502, body: { code: 'PROVIDER_UNAVAILABLE' } }
  for (let n = 0; n < 2; n += 1)
    expect(await start(server.browser(), '/provider/sign-in', { provider: 'away' })).toMatchObject(away)
  expect(await start(server.browser(), '/provider/sign-in', { provider: 'unknown' })).toMatchObject({
    status: 404,
    body: { code: 'PROVIDER_NOT_FOUND' },
  })
})

test('an outage of Redis or of the database in the middle is a 503, and nothing is made', async () => {
  const person = somebody()
  const device = server.browser()
  const hung = failingAt(device, async () => {
    process.kill(server.redis.pid, 'SIGSTOP')
    return () => process.kill(server.redis.pid, 'SIGCONT')
  })
  const unavailable = { status: 503, setCookies: [], body: { code: 'SERVICE_UNAVAILABLE' } }
  const callback = await provider.visit(await addressOf(device, '/provider/sign-in'))
  expect(await finish(device, callback, hung)).toMatchObject(unavailable)
  await expect.poll(async () => (await go(device)).status).toBe(200)
  expect((await device.api.session.current.query()).user.email).toBe(person.email)
})

test('the page learns the providers, and neither it nor the log learns a secret', async () => {
  const list = await ceremonies(server.browser()).get('/provider/list')
  expect(list.body).toEqual({
    providers: [
      { id: 'acme', name: 'Acme' },
      { id: 'twin', name: 'Twin' },
      { id: 'away', name: 'Away' },
      { id: 'github', name: 'GitHub' },
    ],
  })
  expect(JSON.stringify(server.lines())).not.toContain(provider.client.clientSecret)
})

test('wrong passwords of strangers at its address lock nobody out of a provider', async () => {
  somebody()
  const address = '192.0.2.9'
  await countOn(server.redis, 50, ['sign-in:address', new Client(address)])
  expect((await go(server.browser({ 'x-forwarded-for': address }))).status).toBe(200)
})
