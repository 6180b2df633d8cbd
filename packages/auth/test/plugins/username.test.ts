import { username } from 'better-auth/plugins'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anyToken, type Browser, hold, password, startApp, copyCookies } from '../helpers.js'

let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({ plugins: [username()] })
})
afterAll(() => t[Symbol.asyncDispose]())

const signIn = (browser: Browser, name: string, secret = password, more: object = {}) =>
  browser.post(
    '/sign-in/username',
    { username: name, password: secret, ...more },
    { 'sec-ch-ua-platform': '"Windows"' },
  )

async function signUpNamed(name: string) {
  const browser = t.browser()
  const answer = await browser.signUp(`${name}@example.org`, { username: name })
  expect(answer.status).toBe(200)
  expect(answer.text).not.toMatch(anyToken)
  return browser
}

test('a sign-in by name is a sign-in like any other', async () => {
  const laptop = await signUpNamed('ada')
  const phone = t.browser('phone')
  const answer = await signIn(phone, 'Ada')
  expect(answer).toMatchObject({ status: 200, body: { user: { username: 'ada' } } })
  expect(answer.text).not.toMatch(anyToken)
  const session = await phone.session()
  expect(session).toMatchObject({ userAgent: 'phone', data: { clientHints: { 'sec-ch-ua-platform': '"Windows"' } } })
  expect(t.events).toContainEqual(expect.objectContaining({ event: 'sign-in', result: 'ok', sessionId: session?.id }))

  const thief = copyCookies(phone, t.browser())
  await phone.post('/sign-out')
  expect(await thief.session()).toBeNull()
  expect(await laptop.session()).not.toBeNull()
})

test('it is forgotten with the browser when it is not to be remembered', async () => {
  await signUpNamed('grace')
  const kiosk = t.browser()
  const answer = await signIn(kiosk, 'grace', password, { rememberMe: false })
  expect(answer.setCookies.find((line) => line.includes('session_token'))).not.toMatch(/max-age/i)
  expect((await kiosk.session())?.expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 24 * 60 * 60 * 1_000)
})

test('a refused one reaches the audit, and does not reveal whether the name exists', async () => {
  await signUpNamed('alan')
  t.events.length = 0
  const [wrong, unknown] = [await signIn(t.browser(), 'alan', 'wrong password'), await signIn(t.browser(), 'nobody')]
  expect([wrong.status, wrong.text]).toEqual([401, unknown.text])
  expect(t.events.map(({ event, result }) => `${event} ${result}`)).toEqual(['sign-in refused', 'sign-in refused'])
})

test('a password change ends the sessions of all names of a person, and refuses a sign-in by name in flight', async () => {
  const laptop = await signUpNamed('edsger')
  const phone = t.browser()
  await signIn(phone, 'edsger')

  const { waiting, open } = hold(t.store, 'create')
  const thief = t.browser()
  const attempt = signIn(thief, 'edsger')
  await waiting
  const change = await laptop.post('/change-password', { currentPassword: password, newPassword: 'a new password' })
  open()
  expect(change.status).toBe(200)
  expect(await attempt).toMatchObject({ status: 409, setCookies: [] })
  expect(await thief.session()).toBeNull()
  expect(await phone.session()).toBeNull()
  expect(await laptop.session()).not.toBeNull()
  expect((await signIn(phone, 'edsger', 'a new password')).status).toBe(200)
})
