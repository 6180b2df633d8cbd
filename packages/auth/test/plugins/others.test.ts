import { customSession, emailOTP, organization } from 'better-auth/plugins'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anyToken, startApp, copyCookies } from '../helpers.js'

// Plugins that sign in, or keep something with a session, and need nothing of us.

const codes = new Map<string, string>()
let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({
    plugins: [
      emailOTP({ sendVerificationOTP: async ({ email, otp }) => void codes.set(email, otp) }),
      organization(),
      customSession(async ({ session, user }) => ({ session, user, again: { token: session.token, name: user.name } })),
    ],
  })
})
afterAll(() => t[Symbol.asyncDispose]())

test('emailOTP: its sign-in is a session like any other, and its reset ends all of them', async () => {
  const { browser, email } = await t.person('by-code')
  const phone = t.browser()
  await phone.post('/email-otp/send-verification-otp', { email, type: 'sign-in' })
  const answer = await phone.post('/sign-in/email-otp', { email, otp: codes.get(email) })
  expect(answer.status).toBe(200)
  expect(answer.text).not.toMatch(anyToken)
  expect(await phone.session()).not.toBeNull()

  await t.browser().post('/email-otp/request-password-reset', { email })
  const reset = await t
    .browser()
    .post('/email-otp/reset-password', { email, otp: codes.get(email), password: 'a new password' })
  expect(reset.status).toBe(200)
  for (const one of [browser, phone]) expect(await one.session()).toBeNull()
})

test('organization: the active one is kept with the session, and a revoked session does not come back with it', async () => {
  const { browser, userId } = await t.person('member')
  const created = await browser.post('/organization/create', { name: 'Acme', slug: 'acme' })
  expect(created.status).toBe(200)
  const organizationId = (created.body as { id: string }).id
  expect(await browser.session()).toMatchObject({ data: { activeOrganizationId: organizationId } })
  await browser.post('/organization/set-active', { organizationId: null })
  expect((await browser.session())?.data).toMatchObject({ activeOrganizationId: null })
  const answer = await browser.post('/organization/set-active', { organizationId })
  expect(answer.text).not.toMatch(anyToken)
  await t.store.revokeAll(userId)
  expect((await browser.post('/organization/set-active', { organizationId })).status).toBe(401)
  expect(await t.store.count(userId)).toBe(0)
})

test('customSession: what it makes of a session bears no token', async () => {
  const { browser, userId } = await t.person('custom')
  const answer = await browser.get('/get-session')
  expect(answer.body).toMatchObject({ session: { userId }, again: { name: 'Ada' } })
  expect(answer.text).not.toMatch(anyToken)
  const thief = copyCookies(browser, t.browser())
  await browser.post('/sign-out')
  expect((await thief.get('/get-session')).body).toBeNull()
})
