import type { BetterAuthPlugin } from 'better-auth'
import { APIError, createAuthMiddleware } from 'better-auth/api'
import { twoFactor } from 'better-auth/plugins'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { anyToken, password, startApp, copyCookies } from '../helpers.js'
import { enableApp } from './second-factor.js'

// A code of the second factor that is given in a session.

const DAY = 24 * 60 * 60 * 1_000

/** Held once a code was checked, and before our plugin notices. */
let atCheck = async (): Promise<void> => undefined
const checked = {
  id: 'checked',
  hooks: {
    after: [
      { matcher: ({ path }) => path === '/two-factor/verify-totp', handler: createAuthMiddleware(() => atCheck()) },
    ],
  },
} satisfies BetterAuthPlugin

/** Holds the answers to so many codes. */
function holdAnswers(count: number) {
  let [reach, open] = [(): void => undefined, (): void => undefined]
  const held = new Promise<void>((resolve) => (reach = resolve))
  const opened = new Promise<void>((resolve) => (open = resolve))
  let waiting = 0
  atCheck = async () => {
    waiting += 1
    if (waiting === count) reach()
    if (waiting <= count) await opened
  }
  return { held, open }
}

const mailed = new Map<string, string>()
let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({
    plugins: [twoFactor({ otpOptions: { sendOTP: ({ user, otp }) => void mailed.set(user.email, otp) } }), checked],
    onAPIError: { throw: true },
  })
})
beforeEach(() => void (atCheck = async () => undefined))
afterAll(() => t[Symbol.asyncDispose]())

/** Somebody who signed in two days ago, and has turned on an authenticator app now. That proved nothing. */
async function earlier(name: string) {
  t.clock.offset -= 2 * DAY
  const { browser, email } = await t.person(name)
  t.clock.offset += 2 * DAY
  const app = await enableApp(browser)
  const proofOf = async () => (await browser.session())?.authenticatedAt.getTime() ?? 0
  const before = await proofOf()
  expect(before).toBeLessThan(Date.now() - DAY)
  return { browser, email, ...app, proofOf, before }
}

test('proves who its person is: the session keeps its id, its old cookie is dead, and the audit has it', async () => {
  const { browser, code, backupCodes, proofOf, before } = await earlier('code-proof')
  const id = (await browser.session())?.id
  const thief = copyCookies(browser, t.browser())
  t.events.length = 0
  const answer = await browser.post('/two-factor/verify-totp', { code: await code() })
  expect(answer.status).toBe(200)
  expect(answer.text).not.toMatch(anyToken)
  expect(await browser.session()).toMatchObject({ id, data: { proofMethod: 'two-factor' } })
  expect(await proofOf()).toBeGreaterThan(before)
  expect(await thief.session()).toBeNull()
  expect(t.events).toMatchObject([{ event: 'reauthentication', result: 'ok', sessionId: id }])
  expect((await browser.post('/two-factor/verify-backup-code', { code: backupCodes[0] })).status).toBe(200)
  expect((await browser.session())?.id).toBe(id)
})

test('proves nothing if it turns on an app beside codes by mail: the session has just received its secret', async () => {
  t.clock.offset -= 2 * DAY
  const { browser } = await t.person('code-second-app')
  t.clock.offset += 2 * DAY
  expect((await browser.post('/two-factor/enable', { password, method: 'otp' })).status).toBe(200)
  await enableApp(browser)
  expect((await browser.session())?.authenticatedAt.getTime()).toBeLessThan(Date.now() - DAY)
})

test('proves nothing beside five wrong ones that are checked at the same moment', async () => {
  const { browser, code, proofOf, before } = await earlier('code-burst')
  const { held, open } = holdAnswers(5)
  const wrong = Array.from({ length: 5 }, () => browser.post('/two-factor/verify-totp', { code: '000000' }))
  await held
  expect((await browser.post('/two-factor/verify-totp', { code: await code() })).status).toBe(429)
  open()
  expect((await Promise.all(wrong)).map(({ status }) => status)).toEqual([401, 401, 401, 401, 401])
  expect(await proofOf()).toBe(before)
})

test('is not counted if it is right', async () => {
  const { browser, code } = await earlier('code-right')
  for (let n = 0; n < 7; n += 1)
    expect((await browser.post('/two-factor/verify-totp', { code: await code() })).status).toBe(200)
})

test('proves nothing after five wrong ones in that session; another session is not affected', async () => {
  const { browser, email, code, backupCodes, proofOf, before } = await earlier('code-guesses')
  for (let n = 0; n < 5; n += 1)
    expect((await browser.post('/two-factor/verify-totp', { code: '000000' })).status).toBe(401)
  expect(t.events.at(-1)).toMatchObject({ event: 'reauthentication', result: 'refused' })
  // The answer does not reveal which code is right.
  expect((await browser.post('/two-factor/verify-totp', { code: '000000' })).status).toBe(429)
  // Twice: the refusal has not used the backup code up.
  for (const [kind, given] of [
    ['totp', await code()],
    ['backup-code', backupCodes[0]],
    ['backup-code', backupCodes[0]],
  ]) {
    const refused = await browser.post(`/two-factor/verify-${kind}`, { code: given })
    expect([refused.status, refused.text]).toEqual([429, expect.stringContaining('TOO_MANY_WRONG_CODES')])
  }
  expect(await proofOf()).toBe(before)
  const phone = t.browser()
  await phone.signIn(email)
  await phone.post('/two-factor/verify-totp', { code: await code() })
  const signedInAt = (await phone.session())?.authenticatedAt.getTime() ?? 0
  await phone.post('/two-factor/verify-totp', { code: await code() })
  expect((await phone.session())?.authenticatedAt.getTime()).toBeGreaterThan(signedInAt)
})

test('by mail counts like any other: it is no proof after five wrong ones, and the audit has the refusal', async () => {
  const { browser, email, proofOf, before } = await earlier('code-mail')
  const give = async (code?: string) =>
    (await browser.post('/two-factor/verify-otp', { code: code ?? mailed.get(email) })).status
  const send = () => browser.post('/two-factor/send-otp')
  await send()
  for (let n = 0; n < 4; n += 1) expect(await give('wrong')).toBe(401)
  expect(await give()).toBe(200)
  const proved = await proofOf()
  expect(proved).toBeGreaterThan(before)
  await send()
  expect(await give('wrong')).toBe(401)
  t.events.length = 0
  expect(await give()).toBe(429)
  expect(t.events).toMatchObject([{ event: 'reauthentication', result: 'refused' }])
  expect(await proofOf()).toBe(proved)
})

test('a wrong backup code counts once', async () => {
  const { browser, code } = await earlier('code-backup')
  const wrong = async () => (await browser.post('/two-factor/verify-backup-code', { code: 'wrong' })).status
  for (let n = 0; n < 5; n += 1) expect(await wrong()).toBe(401)
  expect((await browser.post('/two-factor/verify-totp', { code: await code() })).status).toBe(429)
})

test.each([new TypeError('a bug'), new APIError('FORBIDDEN')])(
  'is not counted if the request then fails, whatever the code was: %s',
  async (failure) => {
    const { browser, code, proofOf, before } = await earlier(`code-failure-${failure.name.toLowerCase()}`)
    atCheck = async () => {
      throw failure
    }
    const status = failure instanceof APIError ? 403 : 500
    for (let n = 0; n < 7; n += 1)
      expect((await browser.post('/two-factor/verify-totp', { code: await code() })).status).toBe(status)
    atCheck = async () => undefined
    expect(await proofOf()).toBe(before)
    expect((await browser.post('/two-factor/verify-totp', { code: await code() })).status).toBe(200)
    expect(await proofOf()).toBeGreaterThan(before)
  },
)
