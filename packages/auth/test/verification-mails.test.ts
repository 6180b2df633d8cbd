import { SessionStoreUnavailableError } from '@rollcall/session-store'
import { createEmailVerificationToken } from 'better-auth/api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { emailChangeOf } from '../src/index.js'
import { hold, secret, startApp, strictLookups } from './helpers.js'

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
    const [thief, owner] = [`thief-of-${userId}@example.com`.toLowerCase(), `new-${userId}@example.org`.toLowerCase()]
    expect((await browser.post('/change-email', { newEmail: thief })).status).toBe(200)
    await reset(email)
    expect((await follow(thief)).status).toBe(401)
    await browser.signIn(email, 'a new password')
    const strict = await strictLookups(app.store, async () => {
      expect((await browser.post('/change-email', { newEmail: owner.toUpperCase() })).status).toBe(200)
    })
    expect(new Set(strict)).toEqual(new Set([true]))
    // As better-auth deletes what has expired, right before a second link ends, which the first one leads to.
    const lateInTheSecondHour = new Date(Date.now() + 119 * 60 * 1_000)
    const expired = [{ field: 'expiresAt', operator: 'lt' as const, value: lateInTheSecondHour }]
    await app.adapter.deleteMany({ model: 'verification', where: expired })
    const refused = await follow(thief)
    expect([refused.status, refused.body]).toEqual([401, (await app.browser().get('/verify-email?token=none')).body])
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
    const newEmail = `late-${userId}@example.com`.toLowerCase()
    await browser.post('/change-email', { newEmail })
    expect((await follow(newEmail)).status).toBe(401)
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

  test('signs in if it is newer than the password', async () => {
    const { email, userId } = await app.person('verified')
    await reset(email)
    await app.browser().post('/send-verification-email', { email })
    app.clock.offset = 2_000 // the link is dated to the second
    expect((await follow(email)).status).toBe(200)
    app.clock.offset = 0
    expect(await app.store.count(userId)).toBe(1)
  })

  test('signs nobody in while Redis gives no time, and one without a token is refused', async () => {
    const { email, userId } = await app.person('timeless')
    await app.browser().post('/send-verification-email', { email })
    const { time } = app.store
    app.store.time = () => Promise.reject(new SessionStoreUnavailableError(new Error('no answer')))
    expect((await follow(email)).status).toBe(503)
    app.store.time = time
    expect(await app.store.count(userId)).toBe(1)
    expect((await app.browser().get('/verify-email')).status).toBe(400)
  })

  test('that changes the address refuses each sign-in that began before, and any session that cannot be looked up', async () => {
    const { browser, email, userId } = await app.person('in-flight')
    const newEmail = `in-flight-${userId}@example.com`.toLowerCase()
    await browser.post('/change-email', { newEmail })
    const { validate } = app.store
    app.store.validate = () => Promise.reject(new SessionStoreUnavailableError(new Error('no answer')))
    expect((await browser.get(`/verify-email?token=${links.get(newEmail)}`)).status).toBe(503)
    app.store.validate = validate
    expect([await addressOf(userId), await app.store.count(userId)]).toEqual([email, 1])
    const { waiting, open } = hold(app.store, 'create')
    const signIn = app.browser().signIn(email)
    await waiting
    expect((await follow(newEmail)).status).toBe(200)
    open()
    expect((await signIn).status).toBe(409)
    expect([await addressOf(userId), await app.store.count(userId)]).toEqual([newEmail, 0])
  })

  test.each(['revokeAll', 'revokeOthers'] as const)(
    'works after an outage at %s, which changes nothing',
    async (name) => {
      const { browser, email, userId } = await app.person(name.toLowerCase())
      const newEmail = `new-${userId}@example.com`.toLowerCase()
      await browser.post('/change-email', { newEmail })
      const follower = name === 'revokeOthers' ? browser : app.browser()
      const followIt = () => follower.get(`/verify-email?token=${links.get(newEmail)}`)
      const revoke = app.store[name]
      const fail = () => Promise.reject(new SessionStoreUnavailableError(new Error('no answer')))
      Object.assign(app.store, { [name]: fail })
      expect((await followIt()).status).toBe(503)
      Object.assign(app.store, { [name]: revoke })
      expect(await addressOf(userId)).toBe(email)
      expect((await followIt()).status).toBe(200)
      expect(await addressOf(userId)).toBe(newEmail)
    },
  )

  test('leaves no row where no address was asked for', async () => {
    const { browser, userId } = await app.person('rowless')
    await browser.post('/update-user', { name: 'Grace', newEmail: 'elsewhere@example.org' })
    const where = [{ field: 'identifier', value: emailChangeOf(userId) }]
    expect(await app.adapter.count({ model: 'verification', where })).toBe(0)
  })
})
