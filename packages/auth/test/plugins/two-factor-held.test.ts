import { SessionStoreUnavailableError } from '@rollcall/session-store'
import { twoFactor } from 'better-auth/plugins'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { password, startApp } from '../helpers.js'
import { halfSignedIn } from './second-factor.js'

/** Runs between the check of a password and the session. */
let beforeSession = async (_userId: string): Promise<void> => undefined
/** Runs once better-auth has its row, and before the plugin twoFactor asks for the code. */
let afterSession = async (): Promise<void> => undefined
/** Runs before a row trusts a device. */
let beforeTrust = async (): Promise<void> => undefined
let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({
    databaseHooks: {
      session: { create: { before: ({ userId }) => beforeSession(userId), after: () => afterSession() } },
      verification: {
        create: {
          before: async ({ identifier }) => (identifier.startsWith('trust-device-') ? beforeTrust() : undefined),
        },
      },
    },
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

test('a sign-in of somebody else within the request does not create it either', async () => {
  const { email, userId } = await halfSignedIn(t, 'outer')
  const inner = await t.person('inner')
  afterSession = async () => {
    afterSession = async () => undefined
    await t.auth.api.signInEmail({ body: { email: inner.email, password } })
  }
  const create = vi.spyOn(t.store, 'create')
  try {
    expect((await t.browser().signIn(email)).text).toMatch(/twoFactorRedirect/)
    expect(create.mock.calls.map(([created]) => created.userId)).toEqual([inner.userId])
    expect(create.mock.calls.map(([created]) => created.userId)).not.toContain(userId)
  } finally {
    create.mockRestore()
  }
})

describe('a sign-in from a trusted device', () => {
  test('leaves it trusted if Redis gives no answer', async () => {
    const { browser, email, code } = await halfSignedIn(t, 'trusted-in-an-outage')
    await browser.post('/two-factor/verify-totp', { code: await code(), trustDevice: true })
    await browser.post('/sign-out')
    const create = vi.spyOn(t.store, 'create').mockRejectedValueOnce(new SessionStoreUnavailableError('no answer'))
    try {
      expect((await browser.signIn(email)).status).toBe(503)
    } finally {
      create.mockRestore()
    }
    expect((await browser.signIn(email)).text).not.toMatch(/twoFactorRedirect/)
    expect(await browser.session()).not.toBeNull()
  })

  test('leaves the cookie of the session alone that changes the password meanwhile', async () => {
    const { browser, email, code } = await halfSignedIn(t, 'trusted-and-changing')
    await browser.post('/two-factor/verify-totp', { code: await code(), trustDevice: true })
    beforeTrust = async () => {
      beforeTrust = async () => undefined
      const body = { currentPassword: password, newPassword: 'a new password' }
      expect((await browser.post('/change-password', body)).status).toBe(200)
    }
    expect((await browser.signIn(email)).status).toBe(409)
    expect(await browser.session()).not.toBeNull()
  })
})

describe('a sign-in whose account gets a second factor after its password was checked', () => {
  /** Turns on the factor during the sign-in, and runs more. */
  async function signInWhileTurnedOn(name: string, more: (userId: string) => Promise<unknown>) {
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
    const { browser, answer } = await signInWhileTurnedOn('just-before', async () => undefined)
    expect(answer.status).toBe(200)
    const sessionId = (await browser.session())?.id
    expect(sessionId).toEqual(expect.any(String))
    expect(t.events).toMatchObject([{ event: 'sign-in', result: 'ok', sessionId }])
  })

  test('is refused if the password changed as well', async () => {
    const { browser, answer } = await signInWhileTurnedOn('changed-too', (userId) =>
      t.store.revokeAll(userId, { credentialChange: true }),
    )
    expect(answer).toMatchObject({ status: 409, body: { code: 'CREDENTIALS_CHANGED' } })
    expect([...browser.jar.keys()].filter((cookie) => cookie.includes('session_token'))).toEqual([])
    expect(await browser.session()).toBeNull()
    expect(t.events.filter(({ event }) => event === 'sign-in')).toMatchObject([{ result: 'superseded' }])
  })

  test('in a browser that is signed in already, takes nothing from it if it fails', async () => {
    const { browser, email, userId } = await t.person('signed-in-already')
    beforeSession = async () => {
      beforeSession = async () => undefined
      const where = [{ field: 'id', value: userId }]
      await t.adapter.update({ model: 'user', where, update: { twoFactorEnabled: true } })
    }
    const before = await browser.session()
    const create = vi.spyOn(t.store, 'create').mockRejectedValueOnce(new SessionStoreUnavailableError('no answer'))
    try {
      expect((await browser.signIn(email)).status).toBe(503)
    } finally {
      create.mockRestore()
    }
    expect(before).not.toBeNull()
    expect(await browser.session()).toMatchObject({ id: before?.id })
  })
})
