/* oxlint-disable max-lines -- One server serves all of it. */
import { createPasskey } from '@rollcall/dev-auth'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { turnOn } from './authenticator.js'
import { Client } from '../src/client/client.js'
import {
  type Browser,
  codeOf,
  countOn,
  PASSWORD,
  signed,
  signUpDevice,
  startServer,
  type TestServer,
  tokenOf,
} from './helpers.js'
import { holdQuery } from './hold-query.js'
import { mailsTo, tokensTo } from './outbox.js'
import { type Ceremonies, ceremonies, failingAt, outagesOf } from './passkeys-helpers.js'

// Adds, uses and removes passkeys through real HTTP.

const QUARTER = 15 * 60_000

let server: TestServer
beforeAll(async () => {
  server = await startServer({ env: { TRUSTED_PROXIES: 'loopback' } })
})
afterAll(() => server[Symbol.asyncDispose]())

const newKey = (owner = { isVerified: true }) => createPasskey(server.baseUrl, owner)

const remove = (device: Browser, id: string | undefined, more: object = {}) =>
  ceremonies(device).post('/passkey/remove', { id, ...more })

const currentId = async (device: Browser): Promise<string> => (await device.api.session.current.query()).id

/** Somebody with a passkey, on a laptop and a phone. */
async function withPasskey(name = 'Laptop') {
  const laptop = await signUpDevice(server)
  const key = newKey()
  expect((await key.register(ceremonies(laptop), { name })).status).toBe(200)
  const phone = server.browser()
  await phone.signIn(laptop.email)
  const [passkey] = await laptop.api.passkeys.list.query()
  return { laptop, phone, key, id: passkey?.id ?? '' }
}

const later = async <T>(milliseconds: number, work: () => Promise<T>): Promise<T> => {
  server.clock.ahead += milliseconds
  try {
    return await work()
  } finally {
    server.clock.ahead -= milliseconds
  }
}

test('"This wasn’t me" names what a thief has added before it takes that away, and mails what went', async () => {
  const { email } = await signUpDevice(server)
  const thief = server.browser()
  await thief.signIn(email)
  const [token] = await tokensTo(server, email, 'secure-account')
  const look = async () => (await server.browser().post('/api/link', { kind: 'secure-account', token })).json()
  expect(await look()).toMatchObject({ additions: [] })
  const stolen = newKey()
  expect((await stolen.register(ceremonies(thief), { name: 'Laptop' })).status).toBe(200)
  await turnOn(thief)
  const { additions } = (await look()) as { additions: { kind: string }[] }
  expect(additions.toSorted((a, b) => a.kind.localeCompare(b.kind))).toEqual([
    { kind: 'passkey', name: 'Laptop' },
    { kind: 'second-factor' },
  ])
  expect((await server.browser().post('/api/auth/secure-account', { token })).status).toBe(200)
  expect((await stolen.signIn(ceremonies(server.browser()))).status).toBe(401)
  const subjects = async () => (await mailsTo(server, email)).join()
  for (const subject of ['Two-factor authentication was turned off', 'A passkey was removed'])
    await expect.poll(subjects).toContain(`Subject: ${subject}`)
})

test('each passkey is listed, however many were added at the same moment', async () => {
  const { laptop, id } = await withPasskey()
  await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      sql`insert into passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp", "createdAt")
        select id || ${`-${n}`}, "publicKey", "userId", "credentialID" || ${`-${n}`}, counter, "deviceType", "backedUp", "createdAt"
        from passkey where id = ${id}`.execute(server.database().kysely),
    ),
  )
  expect(await laptop.api.passkeys.list.query()).toHaveLength(101)
})

test('an added passkey keeps the other sessions, or ends them if the person says so; it is listed with its name', async () => {
  const { laptop, phone } = await withPasskey('Work laptop')
  expect(await laptop.api.passkeys.list.query()).toEqual([
    { id: expect.any(String), name: 'Work laptop', manager: null, createdAt: expect.any(String), lastUsedAt: null },
  ])
  const id = await currentId(phone)
  const copy = server.browser()
  copy.jar.set('rollcall.session_token', signed(tokenOf(phone)))
  expect((await newKey().register(ceremonies(phone), { revokeOtherSessions: true })).status).toBe(200)
  expect(await codeOf(currentId(laptop))).toBe('UNAUTHORIZED')
  expect(await codeOf(currentId(copy))).toBe('UNAUTHORIZED')
  expect(await currentId(phone)).toBe(id)
  expect(server.audits().at(-1)).toMatchObject({ event: 'passkey-added', result: 'ok', sessionId: id, ended: 1 })
  const { entries } = await phone.api.activity.list.query({ kind: 'changes' })
  expect(entries.map(({ type, device }) => [type, device.isCurrent])).toEqual([
    ['passkey-added', true],
    ['passkey-added', false],
  ])
})

test('it signs in, and the devices page and the activity name it', async () => {
  const { laptop, key } = await withPasskey()
  const tablet = server.browser()
  expect((await key.signIn(ceremonies(tablet))).status).toBe(200)
  const id = await currentId(tablet)
  const devices = await laptop.api.devices.list.query()
  expect(devices.find((device) => device.id === id)).toMatchObject({ signInMethod: { kind: 'passkey' } })
  const { entries } = await laptop.api.activity.list.query({ kind: 'sign-ins' })
  expect(entries.map(({ signInMethod }) => signInMethod?.kind)).toEqual(['passkey', 'password', 'password'])
  expect((await laptop.api.passkeys.list.query())[0]?.lastUsedAt).toEqual(expect.any(String))
  expect(server.audits().at(-1)).toMatchObject({ event: 'sign-in', result: 'ok', sessionId: id })
})

test('it proves in place where the account has a second factor too: the session stays under its id', async () => {
  const { laptop, key } = await withPasskey()
  await turnOn(laptop)
  const id = await currentId(laptop)
  expect((await key.signIn(ceremonies(laptop))).status).toBe(200)
  expect(await currentId(laptop)).toBe(id)
  const { entries } = await laptop.api.activity.list.query({ kind: 'sign-outs' })
  expect(entries).toEqual([])
})

test('a removed passkey ends the other sessions and signs in no more; this device stays under its id, with a new secret', async () => {
  const { laptop, phone, key, id } = await withPasskey()
  const session = await currentId(laptop)
  const copy = server.browser()
  copy.jar.set('rollcall.session_token', signed(tokenOf(laptop)))
  expect(await remove(laptop, id)).toMatchObject({ status: 200, body: { status: true } })
  expect(await codeOf(currentId(phone))).toBe('UNAUTHORIZED')
  expect(await codeOf(currentId(copy))).toBe('UNAUTHORIZED')
  expect(await currentId(laptop)).toBe(session)
  expect(await laptop.api.passkeys.list.query()).toEqual([])
  const refused = await key.signIn(ceremonies(server.browser()))
  expect(refused).toMatchObject({ status: 401, body: { code: 'PASSKEY_NOT_FOUND' } })
  expect(server.audits().at(-1)).toMatchObject({ event: 'sign-in', result: 'refused' })
})

test('a removed passkey keeps the other sessions if the person says so in the same step', async () => {
  const { laptop, phone, id } = await withPasskey()
  const [session, other] = [await currentId(laptop), await currentId(phone)]
  const copy = server.browser()
  copy.jar.set('rollcall.session_token', signed(tokenOf(laptop)))
  expect((await remove(laptop, id, { revokeOtherSessions: false })).status).toBe(200)
  expect([await currentId(laptop), await currentId(phone)]).toEqual([session, other])
  expect(await codeOf(currentId(copy))).toBe('UNAUTHORIZED')
  expect(await laptop.api.passkeys.list.query()).toEqual([])
})

test('adding and removing need a recent proof: the password, or a passkey, which keeps the id of the session', async () => {
  const { laptop, key, id } = await withPasskey()
  const session = await currentId(laptop)
  const needed = { status: 403, body: { code: 'REAUTHENTICATE' } }
  await later(QUARTER, async () => {
    expect(await newKey().register(ceremonies(laptop))).toMatchObject(needed)
    expect(await remove(laptop, id)).toMatchObject(needed)
    expect((await key.signIn(ceremonies(laptop))).status).toBe(200)
    expect(await currentId(laptop)).toBe(session)
    expect((await newKey().register(ceremonies(laptop))).status).toBe(200)
    await later(QUARTER, async () => {
      expect(await remove(laptop, id)).toMatchObject(needed)
      await laptop.post('/api/auth/reauthenticate', { password: PASSWORD })
      expect((await remove(laptop, id)).status).toBe(200)
    })
  })
})

test('no endpoint that needs a session takes one that is missing, forged, expired or revoked', async () => {
  const { laptop, phone, id } = await withPasskey()
  const endpoints: ((at: Ceremonies) => Promise<{ status: number }>)[] = [
    (at) => at.get('/passkey/generate-register-options'),
    (at) => at.post('/passkey/verify-registration', { response: { id: 'x', response: {} } }),
    (at) => at.post('/passkey/remove', { id }),
    (at) => at.get('/reauthenticate/methods'),
  ]
  const forged = server.browser()
  forged.jar.set('rollcall.session_token', signed(tokenOf(laptop), 'another secret, also of 32 characters or more'))
  await laptop.api.devices.revoke.mutate({ id: await currentId(phone) })
  const statuses = (device: Browser) =>
    Promise.all(endpoints.map(async (ask) => (await ask(ceremonies(device))).status))
  for (const device of [server.browser(), forged, phone]) expect(await statuses(device)).toEqual([401, 401, 401, 401])
  const { expiresAt } = await laptop.api.session.current.query()
  await later(new Date(expiresAt).getTime() - Date.now() + 1, async () =>
    expect(await statuses(laptop)).toEqual([401, 401, 401, 401]),
  )
  await laptop.signIn(laptop.email)
  expect(await laptop.api.passkeys.list.query()).toHaveLength(1)
})

test("another person's passkey is answered like an unknown one, and stays", async () => {
  const { laptop, id } = await withPasskey()
  const stranger = await signUpDevice(server)
  const answers = [await remove(stranger, id), await remove(stranger, 'unknown')]
  expect(answers.map(({ status, body }) => ({ status, body }))).toEqual(
    answers.map(() => ({ status: 404, body: { code: 'PASSKEY_NOT_FOUND', message: 'Passkey not found' } })),
  )
  for (const unknown of [id, 'unknown'])
    expect(await stranger.api.passkeys.rename.mutate({ id: unknown, name: 'Mine' })).toEqual({ renamed: 0 })
  expect(await laptop.api.passkeys.rename.mutate({ id, name: ' Kitchen ' })).toEqual({ renamed: 1 })
  expect((await laptop.api.passkeys.list.query()).map(({ name }) => name)).toEqual(['Kitchen'])
  const { entries } = await laptop.api.activity.list.query({ kind: 'changes' })
  expect(entries.map(({ type }) => type)).toEqual(['passkey-renamed', 'passkey-added'])
  for (const name of ['', '\u202E', 'x'.repeat(51)])
    expect(await codeOf(laptop.api.passkeys.rename.mutate({ id, name }))).toBe('BAD_REQUEST')
})

test('a change that was meant for another session of the browser is refused', async () => {
  const { laptop, id } = await withPasskey()
  const init = { method: 'POST', body: JSON.stringify({ id }), headers: { 'x-expected-session': 'another' } }
  const answer = await laptop.request('/api/auth/passkey/remove', init)
  expect([answer.status, await answer.json()]).toEqual([409, expect.objectContaining({ code: 'OTHER_SESSION' })])
  expect(await laptop.api.passkeys.list.query()).toHaveLength(1)
})

test('the last way in cannot be removed, even by two removals at once', async () => {
  const { laptop } = await withPasskey()
  expect((await newKey().register(ceremonies(laptop))).status).toBe(200)
  const phone = server.browser() // one session would get a new secret by the first removal, and be refused the second
  await phone.signIn(laptop.email)
  const { user } = await laptop.api.session.current.query()
  await sql`update account set password = null where "userId" = ${user.id}`.execute(server.database().kysely)
  expect(await (await laptop.request('/api/auth/reauthenticate/methods')).json()).toEqual({
    methods: [{ kind: 'passkey' }],
  })
  const ids = (await laptop.api.passkeys.list.query()).map(({ id }) => id)
  const removals = ids.map((id, n) => remove(n === 0 ? laptop : phone, id, { revokeOtherSessions: false }))
  const answers = await Promise.all(removals)
  const refused = { status: 400, body: { code: 'LAST_WAY_IN' } }
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400])
  expect(answers.find(({ status }) => status === 400)).toMatchObject(refused)
  const [left] = await laptop.api.passkeys.list.query()
  expect(await remove(laptop, left?.id)).toMatchObject(refused)
  expect(server.audits().at(-1)).toMatchObject({ event: 'passkey-removed', result: 'refused', userId: user.id })
})

test('an authenticator that does not verify its user is refused: a passkey needs no second factor', async () => {
  const laptop = await signUpDevice(server)
  const required = { status: 400, body: { code: 'USER_VERIFICATION_REQUIRED' } }
  const owner = { isVerified: false }
  const key = newKey(owner)
  expect(await key.register(ceremonies(laptop))).toMatchObject(required)
  expect(server.audits().at(-1)).toMatchObject({ event: 'passkey-added', result: 'refused' })
  owner.isVerified = true
  expect((await key.register(ceremonies(laptop))).status).toBe(200)
  owner.isVerified = false
  expect(await key.signIn(ceremonies(server.browser()))).toMatchObject(required)
})

async function fillUp(device: Browser, passkeys: number): Promise<void> {
  const { user } = await device.api.session.current.query()
  for (let n = 0; n < passkeys; n += 1)
    await sql`insert into passkey (id, "publicKey", "userId", "credentialID", counter, "deviceType", "backedUp")
      values (${`${user.id}-${n}`}, '', ${user.id}, ${`${user.id}-${n}`}, 0, 'singleDevice', 0)`.execute(
      server.database().kysely,
    )
}

test('nobody registers the id of somebody else’s passkey, nor more passkeys than an account may have', async () => {
  const { laptop, key } = await withPasskey()
  const thief = await signUpDevice(server)
  expect(await key.register(ceremonies(thief))).toMatchObject({ status: 400, body: { code: 'PREVIOUSLY_REGISTERED' } })
  await fillUp(laptop, 24)
  expect(await newKey().register(ceremonies(laptop))).toMatchObject({
    status: 400,
    body: { code: 'TOO_MANY_PASSKEYS' },
  })
})

test('two registrations at once add no more passkeys than an account may have', async () => {
  const laptop = await signUpDevice(server)
  await fillUp(laptop, 24)
  const phone = server.browser()
  await phone.signIn(laptop.email)
  using look = holdQuery(/count.* from "passkey".*userId/)
  const first = newKey().register(ceremonies(laptop))
  await look.held
  expect((await newKey().register(ceremonies(phone))).status).toBe(200)
  look.open()
  expect(await first).toMatchObject({ status: 400, body: { code: 'TOO_MANY_PASSKEYS' } })
  expect(await laptop.api.passkeys.list.query()).toHaveLength(25)
})

test('bad input is refused as such, and a challenge works once', async () => {
  const { key, laptop } = await withPasskey()
  const replayed: object[] = []
  const tablet = server.browser()
  const recording = {
    ...ceremonies(tablet),
    post: async (path: string, body: object = {}) => {
      replayed.push(body)
      return ceremonies(tablet).post(path, body)
    },
  }
  expect((await key.signIn(recording)).status).toBe(200)
  expect(await ceremonies(tablet).post('/passkey/verify-authentication', replayed[0])).toMatchObject({
    status: 400,
    body: { code: 'CHALLENGE_NOT_FOUND' },
  })
  for (const response of [null, 'x', {}, { id: {}, response: {} }, { id: 'x', response: { transports: [{}] } }]) {
    for (const path of ['/passkey/verify-authentication', '/passkey/verify-registration']) {
      await ceremonies(laptop).get('/passkey/generate-authenticate-options')
      expect((await ceremonies(laptop).post(path, { response })).status).toBe(400)
    }
  }
  // A registration proves nobody, so it signs nobody in.
  const registration = { response: { id: 'x', response: {} }, createSession: true }
  expect(await ceremonies(laptop).post('/passkey/verify-registration', registration)).toMatchObject({
    status: 400,
    body: { code: 'VALIDATION_ERROR' },
  })
})

test('the offer of a passkey that was asked for with an earlier cookie signs nobody out', async () => {
  const { laptop, phone } = await withPasskey()
  expect(await phone.api.devices.revokeOthers.mutate()).toEqual({ revoked: 1 })
  const refused = laptop.jar.get('rollcall.session_token')
  expect((await ceremonies(laptop).get('/passkey/generate-authenticate-options')).status).toBe(200)
  expect(laptop.jar.get('rollcall.session_token')).toBe(refused)
})

test('wrong passwords and passkeys of strangers at its address lock no passkey out', async () => {
  const { key } = await withPasskey()
  const address = '192.0.2.9'
  await countOn(server.redis, 50, ['sign-in:address', new Client(address)])
  const office = ceremonies(server.browser({ 'x-forwarded-for': address }))
  expect((await newKey().signIn(office)).status).toBe(401)
  expect((await key.signIn(office)).status).toBe(200)
})

const outages = outagesOf(() => server)

test.each(Object.entries(outages))('%s in the middle: a 503, and nothing is changed or used up', async (_, begin) => {
  const { laptop, key, id } = await withPasskey()
  const unavailable = { status: 503, setCookies: [], body: { code: 'SERVICE_UNAVAILABLE' } }
  const tablet = server.browser()
  const added = newKey()
  expect(await key.signIn(failingAt(tablet, begin))).toMatchObject(unavailable)
  expect(await added.register(failingAt(laptop, begin))).toMatchObject(unavailable)
  await expect.poll(async () => (await key.signIn(ceremonies(tablet))).status).toBe(200)
  expect((await added.register(ceremonies(laptop))).status).toBe(200)
  const list = await laptop.api.passkeys.list.query()
  expect(list.map((passkey) => passkey.id)).toEqual([id, expect.any(String)])
})

test('Redis hangs in the middle of a removal: a 503, and the passkey stays', async () => {
  const { laptop, id } = await withPasskey()
  const hung = failingAt(laptop, outages['Redis hangs'] ?? expect.fail)
  expect(await hung.post('/passkey/remove', { id })).toMatchObject({ status: 503, setCookies: [] })
  await expect.poll(() => laptop.api.passkeys.list.query().catch(() => null)).toHaveLength(1)
})
