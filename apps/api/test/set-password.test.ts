import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPasskey } from '@rollcall/dev-auth'
import { sql } from 'kysely'
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
import { createPasswords, type Passwords } from '../src/accounts/passwords/passwords.js'
import { ceremonies } from './passkeys-helpers.js'
import { gate } from './providers-helpers.js'

// A first password, for an account that has none.

let server: TestServer
const quick = createPasswords({ N: 2 ** 10, r: 8, p: 1 })
/** Holds a request that has looked at its session. */
let beforeHash: () => Promise<void> = async () => undefined
const passwords: Passwords = {
  ...quick,
  hash: async (password) => {
    await beforeHash()
    return quick.hash(password)
  },
}
beforeAll(async () => {
  server = await startServer({ passwords })
})
afterAll(() => server[Symbol.asyncDispose]())

const NEW_PASSWORD = 'a first and good password'

const setPassword = (device: Browser, newPassword = NEW_PASSWORD, more: object = {}) =>
  device.post('/api/auth/set-password', { newPassword, ...more })
const answerOf = async (response: Response) => ({ status: response.status, ...((await response.json()) as object) })

/** Somebody without a password, signed in by a passkey on a laptop and on a phone. */
async function withoutPassword() {
  const laptop = await signUpDevice(server)
  const key = createPasskey(server.baseUrl, { isVerified: true })
  await key.register(ceremonies(laptop), { name: 'Laptop' })
  const { id } = (await laptop.api.session.current.query()).user
  await sql`update account set password = null where ${sql.ref('userId')} = ${id}`.execute(server.database().kysely)
  const phone = server.browser()
  await key.signIn(ceremonies(phone))
  return { laptop, phone, userId: id }
}

async function mails(): Promise<string> {
  const outbox = server.outbox ?? ''
  const names = (await readdir(outbox).catch(() => [])).filter((name) => name.endsWith('.eml'))
  const texts = await Promise.all(names.map((name) => readFile(join(outbox, name), 'utf8')))
  return texts.join('').replaceAll('=\r\n', '').replaceAll('=3D', '=')
}

const signIn = (email: string, password: string) =>
  server.browser().post('/api/auth/sign-in/email', { email, password })
const methodsOf = async (device: Browser): Promise<unknown> =>
  (await device.request('/api/auth/reauthenticate/methods')).json()

test('signs in from then on, keeps the other sessions, and gives this one a new secret under its id', async () => {
  const { laptop, phone } = await withoutPassword()
  expect(await methodsOf(laptop)).toEqual({ methods: [{ kind: 'passkey' }] })
  const { id } = await laptop.api.session.current.query()
  const copy = server.browser()
  copy.jar.set('rollcall.session_token', signed(tokenOf(laptop)))
  expect((await setPassword(laptop)).status).toBe(200)
  expect((await laptop.api.session.current.query()).id).toBe(id)
  expect(await codeOf(copy.api.session.current.query())).toBe('UNAUTHORIZED')
  expect(await codeOf(phone.api.session.current.query())).toBe('no error')
  expect((await signIn(laptop.email, NEW_PASSWORD)).status).toBe(200)
  expect(await methodsOf(laptop)).toEqual({ methods: [{ kind: 'password' }, { kind: 'passkey' }] })
  const { entries } = await laptop.api.activity.list.query({ kind: 'changes' })
  expect(entries.map(({ type }) => type)).toEqual(['password-set', 'passkey-added'])
  await expect.poll(mails).toContain('A password was set for your account')
})

test('ends the other sessions if the person asks for it', async () => {
  const { laptop, phone } = await withoutPassword()
  expect((await setPassword(laptop, NEW_PASSWORD, { revokeOtherSessions: true })).status).toBe(200)
  expect(await codeOf(phone.api.session.current.query())).toBe('UNAUTHORIZED')
  expect(await codeOf(laptop.api.session.current.query())).toBe('no error')
})

test('does not replace a password, not even one that is set in this moment', async () => {
  const owner = await signUpDevice(server)
  const refused = { status: 400, code: 'PASSWORD_ALREADY_SET', message: 'The account has a password already' }
  expect(await answerOf(await setPassword(owner))).toEqual(refused)
  expect((await signIn(owner.email, PASSWORD)).status).toBe(200)

  const { laptop, phone } = await withoutPassword()
  const choices = [NEW_PASSWORD, `${NEW_PASSWORD} too`]
  const answers = await Promise.all([setPassword(laptop, choices[0]), setPassword(phone, choices[1])])
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400])
  const winner = choices[answers.findIndex(({ status }) => status === 200)] ?? ''
  expect((await signIn(laptop.email, winner)).status).toBe(200)
})

test('needs a session with a recent proof, and a good password', async () => {
  expect((await setPassword(server.browser())).status).toBe(401)
  const { laptop } = await withoutPassword()
  const late = await server.later(15 * 60_000, () => setPassword(laptop))
  expect(await answerOf(late)).toMatchObject({ status: 403, code: 'REAUTHENTICATE' })
  const faults = {
    short: 'PASSWORD_TOO_SHORT',
    ['x'.repeat(129)]: 'PASSWORD_TOO_LONG',
    password12345678: 'PASSWORD_EASY_TO_GUESS',
  }
  for (const [password, code] of Object.entries(faults))
    expect(await answerOf(await setPassword(laptop, password))).toMatchObject({ status: 400, code })
  expect(await methodsOf(laptop)).toEqual({ methods: [{ kind: 'passkey' }] })
})

test('is not set by a session that is revoked in that moment', async () => {
  const { laptop, phone } = await withoutPassword()
  const { waiting, pass, open } = gate()
  beforeHash = pass
  const answer = setPassword(laptop)
  await waiting
  beforeHash = async () => undefined
  await phone.api.devices.revokeOthers.mutate()
  open()
  expect((await answer).status).toBe(401)
  expect((await signIn(laptop.email, NEW_PASSWORD)).status).toBe(401)
  expect(await methodsOf(phone)).toEqual({ methods: [{ kind: 'passkey' }] })
})

test('ends a reset link that was sent before it', async () => {
  const { laptop } = await withoutPassword()
  await server.browser().post('/api/auth/request-password-reset', { email: laptop.email })
  const tokenIn = (text: string) => /reset-password\?token=([\w-]+)/.exec(text)?.[1]
  await expect.poll(async () => tokenIn(await mails())).toBeDefined()
  expect((await setPassword(laptop)).status).toBe(200)
  const reset = { token: tokenIn(await mails()), newPassword: 'another good password' }
  expect(await answerOf(await server.browser().post('/api/auth/reset-password', reset))).toMatchObject({
    code: 'INVALID_TOKEN',
  })
})

test('an outage of Redis at any command is a 503 without a password, or the password is set', async () => {
  const { laptop } = await withoutPassword()
  for (let n = 1; ; n += 1) {
    const failing = failCommand(n, 'never sent')
    const { status } = await setPassword(laptop)
    const isReached = failing.reached()
    failing[Symbol.dispose]()
    if (status === 200 || status === 400) break // 400: the request before has set it, and its answer was an outage
    expect(status, `command ${n}`).toBe(503)
    expect(isReached, 'without an outage it is done').toBe(true)
  }
  expect((await signIn(laptop.email, NEW_PASSWORD)).status).toBe(200)
})
