import { twoFactor } from 'better-auth/plugins'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startApp } from '../helpers.js'
import { halfSignedIn } from './second-factor.js'

/** Runs between the check of a password and the session. */
let beforeSession = async (_userId: string): Promise<void> => undefined
let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({
    databaseHooks: { session: { create: { before: ({ userId }) => beforeSession(userId) } } },
    plugins: [twoFactor()],
  })
})
afterAll(() => t[Symbol.asyncDispose]())

test('a password alone creates nothing, so it takes the place of no session where there are most', async () => {
  const { email, userId } = await halfSignedIn(t, 'crowded')
  const create = vi.spyOn(t.store, 'create')
  try {
    const before = await t.store.list(userId)
    expect((await t.browser().signIn(email)).text).toMatch(/twoFactorRedirect/)
    expect(create).not.toHaveBeenCalled()
    expect(await t.store.list(userId)).toEqual(before)
  } finally {
    create.mockRestore()
  }
})

describe('a sign-in whose account gets a second factor after its password was checked', () => {
  /** Turns on the factor during the sign-in, and runs more. */
  async function overtaken(name: string, more: (userId: string) => Promise<unknown>) {
    const { email } = await t.person(name)
    const browser = t.browser()
    beforeSession = async (userId) => {
      beforeSession = async () => undefined
      const where = [{ field: 'id', value: userId }]
      await t.adapter.update({ model: 'user', where, update: { twoFactorEnabled: true } })
      await more(userId)
    }
    t.events.length = 0
    return { browser, answer: await browser.signIn(email) }
  }

  test('signs in, as it began before', async () => {
    const { browser, answer } = await overtaken('just-before', async () => undefined)
    expect(answer.status).toBe(200)
    const sessionId = (await browser.session())?.id
    expect(sessionId).toEqual(expect.any(String))
    expect(t.events).toMatchObject([{ event: 'sign-in', result: 'ok', sessionId }])
  })

  test('is refused if the password changed as well', async () => {
    const { browser, answer } = await overtaken('changed-too', (userId) =>
      t.store.revokeAll(userId, { credentialChange: true }),
    )
    expect(answer).toMatchObject({ status: 409, body: { code: 'CREDENTIALS_CHANGED' } })
    expect([...browser.jar.keys()].filter((cookie) => cookie.includes('session_token'))).toEqual([])
    expect(await browser.session()).toBeNull()
    expect(t.events.filter(({ event }) => event === 'sign-in')).toMatchObject([{ result: 'superseded' }])
  })
})
