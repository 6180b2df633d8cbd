import { createPasskey } from '@rollcall/dev-auth'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { failCommand } from './fail-command.js'
import {
  type Browser,
  codeOf,
  PASSWORD,
  signed,
  signUpDevice,
  startServer,
  type TestServer,
  tokenOf,
} from './helpers.js'
import { mailsTo, tokensTo } from './outbox.js'
import { ceremonies } from './passkeys-helpers.js'

// A password that its owner takes away, because the account has another way in.

let server: TestServer
beforeAll(async () => {
  server = await startServer()
})
afterAll(() => server[Symbol.asyncDispose]())

const remove = async (device: Browser, choice: object = {}) => {
  const response = await device.post('/api/auth/password/remove', choice)
  return { status: response.status, body: await response.json() }
}
const signIn = async ({ email }: { readonly email: string }, password = PASSWORD): Promise<number> =>
  (await server.browser().post('/api/auth/sign-in/email', { email, password })).status
const isSignedIn = async (device: Browser): Promise<boolean> =>
  (await codeOf(device.api.session.current.query())) === 'no error'

/** Somebody with a password and a passkey, on a laptop and on a phone. */
async function withPasskey() {
  const laptop = await signUpDevice(server)
  const key = createPasskey(server.baseUrl, { isVerified: true })
  await key.register(ceremonies(laptop), { name: 'Laptop' })
  const phone = server.browser()
  await phone.signIn(laptop.email)
  return { laptop, phone, key }
}

test('signs in no more, ends the other sessions, and this device stays under its id with a new secret', async () => {
  const { laptop, phone, key } = await withPasskey()
  const { id } = await laptop.api.session.current.query()
  const copy = server.browser()
  copy.jar.set('rollcall.session_token', signed(tokenOf(laptop)))
  expect((await remove(laptop)).status).toBe(200)
  expect((await laptop.api.session.current.query()).id).toBe(id)
  for (const ended of [phone, copy]) expect(await isSignedIn(ended)).toBe(false)
  expect(server.audits().at(-1)).toMatchObject({ event: 'password-removed', result: 'ok', sessionId: id, ended: 1 })
  expect(await signIn(laptop)).toBe(401)
  expect((await key.signIn(ceremonies(phone))).status).toBe(200)
  const { entries } = await laptop.api.activity.list.query({ kind: 'changes' })
  expect(entries.map(({ type }) => type)).toEqual(['password-removed', 'passkey-added'])
  const mails = async () => (await mailsTo(server, laptop.email)).join()
  await expect.poll(mails).toContain('Subject: Your password was removed')
  expect((await remove(laptop)).status).toBe(404)
})

test('keeps the other sessions if the person says so in the same step', async () => {
  const { laptop, phone } = await withPasskey()
  expect((await remove(laptop, { revokeOtherSessions: false })).status).toBe(200)
  expect([await isSignedIn(laptop), await isSignedIn(phone)]).toEqual([true, true])
})

test('needs a session with a recent proof, and another way in', async () => {
  const { laptop } = await withPasskey()
  expect((await remove(server.browser())).status).toBe(401)
  expect(await server.later(15 * 60_000, () => remove(laptop))).toMatchObject({
    status: 403,
    body: { code: 'REAUTHENTICATE' },
  })
  const other = await signUpDevice(server)
  expect(await remove(other)).toMatchObject({ status: 400, body: { code: 'LAST_WAY_IN' } })
  expect(server.audits().at(-1)).toMatchObject({ event: 'password-removed', result: 'refused' })
  for (const owner of [laptop, other]) expect(await signIn(owner)).toBe(200)
})

test('of the password and the only passkey, one stays, also if both are removed at once', async () => {
  const { laptop, phone } = await withPasskey()
  const [passkey] = await laptop.api.passkeys.list.query()
  const answers = await Promise.all([
    remove(laptop, { revokeOtherSessions: false }),
    phone.post('/api/auth/passkey/remove', { id: passkey?.id, revokeOtherSessions: false }),
  ])
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400])
})

test('ends a reset link that was sent before it, and the next one chooses a password again', async () => {
  const { laptop } = await withPasskey()
  const link = async (nth: number): Promise<string> => {
    await server.browser().post('/api/auth/request-password-reset', { email: laptop.email })
    const tokens = () => tokensTo(server, laptop.email, 'reset-password')
    await expect.poll(async () => (await tokens()).length).toBe(nth)
    return (await tokens()).at(-1) ?? ''
  }
  const reset = async (token: string): Promise<number> =>
    (await server.browser().post('/api/auth/reset-password', { token, newPassword: 'another good password' })).status
  const before = await link(1)
  expect((await remove(laptop)).status).toBe(200)
  expect(await reset(before)).toBe(400)
  expect(await reset(await link(2))).toBe(200)
  expect(await signIn(laptop, 'another good password')).toBe(200)
})

test('an outage of Redis at any command is a 503, and the password is there or removed', async () => {
  const { laptop } = await withPasskey()
  for (let n = 1; ; n += 1) {
    const failing = failCommand(n, 'never sent')
    const { status } = await remove(laptop)
    const isReached = failing.reached()
    failing[Symbol.dispose]()
    if (status === 200 || status === 404) break // 404: the request before has removed it, and its answer was an outage
    expect(status, `command ${n}`).toBe(503)
    expect(isReached, 'without an outage it is done').toBe(true)
  }
  expect(await signIn(laptop)).toBe(401)
})
