import { createEmailVerificationToken } from 'better-auth/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { secret, startApp } from './helpers.js'

describe('in an application of someone else that sends no verification mail', () => {
  test('a forged token verifies nothing, moves no account and signs nobody in', async () => {
    await using app = await startApp({ emailVerification: { autoSignInAfterVerification: true } })
    const { email, userId } = await app.person('victim')
    const forged = [
      await createEmailVerificationToken(secret, email),
      ...(await Promise.all(
        [undefined, 'change-email-confirmation', 'change-email-verification'].map((requestType) =>
          createEmailVerificationToken(secret, email, 'thief@example.org', 60, {
            userId,
            ...(requestType && { requestType }),
          }),
        ),
      )),
    ]
    expect((await app.browser().post('/send-verification-email', { email })).status).toBe(404)
    for (const token of forged) {
      const thief = app.browser()
      expect((await thief.get(`/verify-email?token=${token}`)).status).toBe(404)
      expect(await thief.session()).toBeNull()
    }
    expect(await app.adapter.findOne({ model: 'user', where: [{ field: 'id', value: userId }] })).toMatchObject({
      email,
      emailVerified: false,
    })
  })

  test('one that does send them keeps the endpoint', async () => {
    await using app = await startApp({ emailVerification: { sendVerificationEmail: async () => undefined } })
    const { email, userId } = await app.person('ada')
    expect((await app.browser().post('/send-verification-email', { email })).status).toBe(200)
    expect(
      (await app.browser().get(`/verify-email?token=${await createEmailVerificationToken(secret, email)}`)).status,
    ).toBe(200)
    expect(await app.adapter.findOne({ model: 'user', where: [{ field: 'id', value: userId }] })).toMatchObject({
      emailVerified: true,
    })
  })
})

describe('the link of a verification mail', () => {
  const links = new Map<string, string>()
  let resetToken = ''
  let app: Awaited<ReturnType<typeof startApp>>
  beforeAll(async () => {
    app = await startApp({
      user: { changeEmail: { enabled: true } },
      emailAndPassword: { enabled: true, sendResetPassword: async ({ token }) => void (resetToken = token) },
      emailVerification: {
        autoSignInAfterVerification: true,
        sendVerificationEmail: async ({ user, token }) => void links.set(user.email, token),
      },
    })
  })
  afterAll(() => app[Symbol.asyncDispose]())

  const follow = (to: string) => app.browser().get(`/verify-email?token=${links.get(to)}`)
  const addressOf = async (userId: string) =>
    (await app.adapter.findOne<{ email: string }>({ model: 'user', where: [{ field: 'id', value: userId }] }))?.email

  async function reset(email: string): Promise<void> {
    await app.browser().post('/request-password-reset', { email })
    const body = { newPassword: 'a new password', token: resetToken }
    expect((await app.browser().post('/reset-password', body)).status).toBe(200)
  }

  test('changes the address once, and only if no password was chosen since it was asked for', async () => {
    const { browser, email, userId } = await app.person('moving')
    const [thief, owner] = ['thief@example.com', 'new@example.org']
    expect((await browser.post('/change-email', { newEmail: thief })).status).toBe(200)
    await reset(email)
    expect((await follow(thief)).status).toBe(401)
    await browser.signIn(email, 'a new password')
    expect((await browser.post('/change-email', { newEmail: owner })).status).toBe(200)
    expect((await follow(thief)).status).toBe(401)
    expect(await addressOf(userId)).toBe(email)
    expect((await follow(owner)).status).toBe(200)
    expect(await addressOf(userId)).toBe(owner)
    expect((await follow(owner)).status).toBe(401)
  })

  test('changes nothing if its session was revoked while it was asked for', async () => {
    const { browser, userId, email } = await app.person('late')
    const { validate } = app.store
    app.store.validate = async (...args) => {
      app.store.validate = validate
      const session = await validate(...args)
      await app.store.revokeAll(userId, { credentialChange: true })
      return session
    }
    await browser.post('/change-email', { newEmail: 'late-thief@example.com' })
    expect((await follow('late-thief@example.com')).status).toBe(401)
    expect(await addressOf(userId)).toBe(email)
  })

  test('signs nobody in if the password is newer', async () => {
    const { email, userId } = await app.person('unverified')
    await app.browser().post('/send-verification-email', { email })
    await reset(email)
    const before = await app.store.count(userId)
    expect((await follow(email)).status).toBe(409)
    expect(await app.store.count(userId)).toBe(before)
  })
})
