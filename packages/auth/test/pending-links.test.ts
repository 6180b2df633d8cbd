import { emailOTP, magicLink, phoneNumber } from 'better-auth/plugins'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, password, startApp } from './helpers.js'

// A link or a code that could replace a credential ends with that credential.

const newPassword = 'a new password'

describe('in an application of someone else', () => {
  const links = new Map<string, string>()
  const codes = new Map<string, string>()
  let t: Awaited<ReturnType<typeof startApp>>
  const resets = new Map<string, string>()
  beforeAll(async () => {
    t = await startApp({
      emailAndPassword: {
        enabled: true,
        sendResetPassword: async ({ user, token }) => void resets.set(user.email, token),
      },
      user: { deleteUser: { enabled: true }, changeEmail: { enabled: true, updateEmailWithoutVerification: true } },
      plugins: [
        magicLink({ sendMagicLink: ({ email, token }) => void links.set(email, token) }),
        emailOTP({ sendVerificationOTP: async ({ email, otp }) => void codes.set(email, otp) }),
        phoneNumber({
          sendOTP: ({ phoneNumber: to, code }) => void codes.set(to, code),
          sendPasswordResetOTP: ({ phoneNumber: to, code }) => void codes.set(to, code),
        }),
      ],
    })
  })
  afterAll(() => t[Symbol.asyncDispose]())

  const changePassword = (browser: Browser) =>
    browser.post('/change-password', { currentPassword: password, newPassword })

  test('deleting the user ends the link, and so does a new address', async () => {
    const [gone, moved] = [await t.person('gone'), await t.person('moved')]
    for (const { email } of [gone, moved]) await t.browser().post('/request-password-reset', { email })
    expect((await gone.browser.post('/delete-user', { password })).status).toBe(200)
    expect((await moved.browser.post('/change-email', { newEmail: 'moved-to@example.org' })).status).toBe(200)
    const rows = await t.adapter.findMany<{ value: string }>({ model: 'verification' })
    expect(rows.filter(({ value }) => [gone.userId, moved.userId].includes(value))).toEqual([])
    for (const { email } of [gone, moved]) {
      expect((await t.browser().post('/reset-password', { newPassword, token: resets.get(email) })).status).toBe(400)
    }
  })

  test('a magic link from before a password change signs nobody in', async () => {
    const { email, browser, userId } = await t.person('linked')
    await t.adapter.update({ model: 'user', where: [{ field: 'id', value: userId }], update: { emailVerified: true } })
    await t.browser().post('/sign-in/magic-link', { email })
    await changePassword(browser)
    const thief = t.browser()
    expect((await thief.get(`/magic-link/verify?token=${links.get(email)}`)).status).toBe(409)
    expect(await thief.session()).toBeNull()
    await t.browser().post('/sign-in/magic-link', { email })
    expect((await thief.get(`/magic-link/verify?token=${links.get(email)}`)).status).toBe(200)
  })

  test.each(['sign-in', 'forget-password'])(
    'a code by mail (%s) from before a password change is of no use',
    async (type) => {
      const { email, browser } = await t.person(`coded-${type}`)
      await t.browser().post('/email-otp/send-verification-otp', { email, type })
      await changePassword(browser)
      const otp = codes.get(email)
      const thief = t.browser()
      const answer = await (type === 'sign-in'
        ? thief.post('/sign-in/email-otp', { email, otp })
        : thief.post('/email-otp/reset-password', { email, otp, password: 'another good password' }))
      expect(answer.status).toBe(400)
      expect(await thief.session()).toBeNull()
      expect((await t.browser().signIn(email, newPassword)).status).toBe(200)
    },
  )

  test('a code to a phone from before a password change chooses no password', async () => {
    const { email, browser, userId } = await t.person('phoned')
    const phone = '+4930901820'
    await t.adapter.update({
      model: 'user',
      where: [{ field: 'id', value: userId }],
      update: { phoneNumber: phone, phoneNumberVerified: true },
    })
    await t.browser().post('/phone-number/request-password-reset', { phoneNumber: phone })
    await changePassword(browser)
    const answer = await t.browser().post('/phone-number/reset-password', {
      phoneNumber: phone,
      otp: codes.get(phone),
      newPassword: 'another good password',
    })
    expect(answer.status).toBe(400)
    expect((await t.browser().signIn(email, newPassword)).status).toBe(200)
  })
})
