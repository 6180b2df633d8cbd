import { createEmailVerificationToken } from 'better-auth/api'
import { describe, expect, test } from 'vitest'
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
    expect(
      (await app.browser().get(`/verify-email?token=${await createEmailVerificationToken(secret, email)}`)).status,
    ).toBe(200)
    expect(await app.adapter.findOne({ model: 'user', where: [{ field: 'id', value: userId }] })).toMatchObject({
      emailVerified: true,
    })
  })
})
