import { twoFactor } from 'better-auth/plugins'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { anyToken, type Browser, hold, password, startApp, copyCookies } from '../helpers.js'
import { enableApp, halfSignedIn as signInHalf } from './second-factor.js'

const DAY = 24 * 60 * 60 * 1_000
const codes = new Map<string, string>()
const resets = new Map<string, string>()
/** Runs before a row trusts a device. */
let beforeTrust = async (): Promise<void> => undefined
/** Runs before the row of a sign-in that waits for its code. */
let beforeWaiting = async (): Promise<void> => undefined
let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({
    emailAndPassword: {
      enabled: true,
      sendResetPassword: async ({ user, token }) => void resets.set(user.email, token),
    },
    databaseHooks: {
      verification: {
        create: {
          before: async ({ identifier }) => {
            if (identifier.startsWith('trust-device-')) await beforeTrust()
            if (identifier.startsWith('2fa-')) await beforeWaiting()
          },
        },
      },
    },
    plugins: [twoFactor({ otpOptions: { sendOTP: ({ user, otp }) => void codes.set(user.email, otp) } })],
  })
})
afterAll(() => t[Symbol.asyncDispose]())

/** Each way to turn a second factor on or off that better-auth answers with another session. */
const changes: Record<string, (browser: Browser, email: string) => Promise<string[]>> = {
  'turning on an authenticator app': async (browser) => (await enableApp(browser)).bodies,
  'turning on codes by mail': async (browser) => [
    (await browser.post('/two-factor/enable', { password, method: 'otp' })).text,
  ],
  'verifying a code by mail': async (browser, email) => {
    await browser.post('/two-factor/send-otp')
    return [(await browser.post('/two-factor/verify-otp', { code: codes.get(email) })).text]
  },
  'turning it off': async (browser) => {
    await browser.post('/two-factor/enable', { password, method: 'otp' })
    return [(await browser.post('/two-factor/disable', { password })).text]
  },
}

describe.each(Object.keys(changes))('%s', (name) => {
  const id = name.replaceAll(' ', '-')

  const isRemoval = name === 'turning it off'

  test(`this device stays under its id and lifetime, its old cookie is dead, the others ${isRemoval ? 'end' : 'stay'}`, async () => {
    const { browser, phones, email, userId } = await t.person(id, 1)
    await browser.signIn(email, password, { rememberMe: false })
    const before = await browser.session()
    const thief = copyCookies(browser, t.browser())
    t.events.length = 0
    for (const text of (await changes[name]?.(browser, email)) ?? ['']) {
      expect(text).not.toBe('')
      expect(text).not.toMatch(anyToken)
    }
    expect(await browser.session()).toMatchObject({
      id: before?.id,
      createdAt: before?.createdAt,
      authenticatedAt: before?.authenticatedAt,
      expiresAt: before?.expiresAt,
    })
    expect(await thief.session()).toBeNull()
    expect((await phones[0]?.session()) === null).toBe(isRemoval)
    expect(await t.store.count(userId)).toBe(isRemoval ? 1 : 2) // one for each browser
    expect(t.events.filter(({ event }) => !event.startsWith('second-factor-'))).toEqual([]) // nobody signed in
  })

  test('a session that is revoked meanwhile is not brought back', async () => {
    const { browser, email, userId } = await t.person(`revoked-${id}`)
    const sessionId = (await browser.session())?.id ?? ''
    const { waiting, open } = hold(t.store, 'rotate')
    const change = changes[name]?.(browser, email).catch(() => null)
    await waiting
    await t.store.revoke(userId, sessionId)
    open()
    await change
    expect(await browser.session()).toBeNull()
    expect(await t.store.count(userId)).toBe(0)
  })
})

const halfSignedIn = (name: string) => signInHalf(t, name)

describe('a sign-in', () => {
  test('is none before the second factor: no session, no session cookie, nothing in the audit', async () => {
    const { owner, browser, userId } = await halfSignedIn('half')
    expect([...browser.jar.keys()].filter((name) => name.includes('session_token'))).toEqual([])
    expect((await t.store.list(userId)).map(({ id }) => id)).toEqual([(await owner.session())?.id])
    expect(t.events).toEqual([])
  })

  test('is complete with the code of the app, and its sign-out ends it', async () => {
    const { browser, userId, code } = await halfSignedIn('complete')
    const answer = await browser.post('/two-factor/verify-totp', { code: await code() })
    expect(answer.status).toBe(200)
    expect(answer.text).not.toMatch(anyToken)
    const session = await browser.session()
    expect(session?.userId).toBe(userId)
    expect(t.events).toMatchObject([{ event: 'sign-in', result: 'ok', userId, sessionId: session?.id }])
    const thief = copyCookies(browser, t.browser())
    await browser.post('/sign-out')
    expect(await thief.session()).toBeNull()
  })

  test('is complete with a code by mail, or a backup code, each of which works once', async () => {
    const { browser, email, backupCodes } = await halfSignedIn('other-ways')
    await browser.post('/two-factor/send-otp')
    const byMail = await browser.post('/two-factor/verify-otp', { code: codes.get(email) })
    expect(byMail.status).toBe(200)
    expect(byMail.text).not.toMatch(anyToken)
    expect(await browser.session()).not.toBeNull()

    for (const status of [200, 401]) {
      const other = t.browser()
      await other.signIn(email)
      const answer = await other.post('/two-factor/verify-backup-code', { code: backupCodes[0] })
      expect(answer.status).toBe(status)
      expect(answer.text).not.toMatch(anyToken)
      expect((await other.session()) !== null).toBe(status === 200)
    }
  })

  test('in a browser that has a session ends that one, as a sign-out, before the second factor', async () => {
    const { owner, email, userId } = await halfSignedIn('again')
    const id = (await owner.session())?.id
    const copy = copyCookies(owner, t.browser())
    expect((await owner.signIn(email)).body).toMatchObject({ twoFactorRedirect: true })
    expect([await copy.session(), await t.store.count(userId)]).toEqual([null, 0])
    expect(t.events).toMatchObject([{ event: 'sign-out', result: 'ok', userId, sessionId: id }])
  })

  test('is refused with a wrong code, without the cookie of the first step, and a second time', async () => {
    const { browser, code } = await halfSignedIn('refused')
    const again = copyCookies(browser, t.browser())
    expect((await browser.post('/two-factor/verify-totp', { code: '000000' })).status).toBe(401)
    expect((await t.browser().post('/two-factor/verify-totp', { code: await code() })).status).toBe(401)
    expect(t.events.map(({ event, result }) => `${event} ${result}`)).toEqual(['sign-in refused', 'sign-in refused'])
    expect((await browser.post('/two-factor/verify-totp', { code: await code() })).status).toBe(200)
    expect((await again.post('/two-factor/verify-totp', { code: await code() })).status).toBe(401)
    expect(await again.session()).toBeNull()
  })

  test('keeps a lifetime that is not to be remembered through its second step', async () => {
    const { email, code } = await halfSignedIn('kiosk')
    const kiosk = t.browser()
    await kiosk.signIn(email, password, { rememberMe: false })
    await kiosk.post('/two-factor/verify-totp', { code: await code() })
    expect((await kiosk.session())?.expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + DAY)
  })

  test('with the old password that waits for its second factor creates nothing after a change', async () => {
    const { owner, browser, code } = await halfSignedIn('overtaken-by-a-change')
    await owner.post('/change-password', { currentPassword: password, newPassword: 'a new password' })
    expect(await browser.post('/two-factor/verify-totp', { code: await code() })).toMatchObject({ status: 401 })
    expect(await browser.session()).toBeNull()
    expect(await owner.session()).not.toBeNull()
  })

  test('nor after a reset that overtakes its first step', async () => {
    const { owner, email, code } = await halfSignedIn('overtaken-by-a-reset')
    await owner.post('/request-password-reset', { email })
    // The password is right; what the second step will need is written only after the reset.
    const thief = t.browser()
    beforeWaiting = async () => {
      beforeWaiting = async () => undefined
      const body = { newPassword: 'a new password', token: resets.get(email) }
      expect((await t.browser().post('/reset-password', body)).status).toBe(200)
    }
    expect((await thief.signIn(email)).status).toBe(200)
    expect(await thief.post('/two-factor/verify-totp', { code: await code() })).toMatchObject({
      status: 409,
      body: { code: 'CREDENTIALS_CHANGED' },
    })
    expect(await thief.session()).toBeNull()
    expect(await owner.session()).toBeNull()
  })
})

test('renewed backup codes are shown to no session that is revoked right after they are written', async () => {
  const { browser, userId } = await t.person('codes-revoked-after')
  await enableApp(browser)
  const where = [{ field: 'userId', value: userId }]
  const before = await t.adapter.findOne({ model: 'twoFactor', where })
  const { waiting, open } = hold(t.store, 'rotate')
  const answer = browser.post('/two-factor/generate-backup-codes', { password })
  await waiting
  await t.store.revokeAll(userId)
  open()
  expect((await answer).status).toBe(401)
  expect(await t.adapter.findOne({ model: 'twoFactor', where })).toEqual(before)
})

describe('a trusted device', () => {
  test('needs no second factor for its next sign-in, which is a session like any other', async () => {
    const { browser, email, userId, code } = await halfSignedIn('trusted')
    await browser.post('/two-factor/verify-totp', { code: await code(), trustDevice: true })
    await browser.post('/sign-out')
    const answer = await browser.signIn(email)
    expect(answer.text).not.toMatch(/twoFactorRedirect/)
    expect(answer.text).not.toMatch(anyToken)
    expect(await browser.session()).not.toBeNull()
    await t.store.revokeAll(userId)
    expect(await browser.session()).toBeNull()
  })

  test('outlives its sessions, saves nobody from the password, and is trusted no more after a password change', async () => {
    const { browser, owner, email, userId, code } = await halfSignedIn('still-trusted')
    await browser.post('/two-factor/verify-totp', { code: await code(), trustDevice: true })
    await t.store.revokeAll(userId)
    expect((await browser.signIn(email, 'wrong password')).status).toBe(401)
    expect((await browser.signIn(email)).text).not.toMatch(/twoFactorRedirect/)
    await owner.signIn(email)
    await owner.post('/two-factor/verify-totp', { code: await code() })
    const changed = await owner.post('/change-password', { currentPassword: password, newPassword: 'a new password' })
    expect(changed.status).toBe(200)
    expect((await browser.signIn(email)).status).toBe(401)
    expect((await browser.signIn(email, 'a new password')).text).toMatch(/twoFactorRedirect/)
  })

  test('is trusted no more once the second factor was off', async () => {
    const { browser, owner, email, code } = await halfSignedIn('trusted-before')
    await browser.post('/two-factor/verify-totp', { code: await code(), trustDevice: true })
    expect((await owner.post('/two-factor/disable', { password })).status).toBe(200)
    await enableApp(owner)
    expect((await browser.signIn(email)).text).toMatch(/twoFactorRedirect/)
  })

  const changes: Record<string, (owner: Browser, name: string) => Promise<{ status: number; given: string }>> = {
    'a new password': async (owner) => {
      const given = 'a new password'
      const { status } = await owner.post('/change-password', { currentPassword: password, newPassword: given })
      return { status, given }
    },
    'the second factor off and on, although the other sessions stay': async (owner) => {
      const { status } = await owner.post('/two-factor/disable', { password, revokeOtherSessions: false })
      return { status, given: password }
    },
  }

  test.each(
    Object.keys(changes).flatMap((change) => [
      [change, 'its code'],
      [change, 'its next sign-in'],
    ]),
  )('is not trusted by a row that is written after %s, during %s', async (name, step) => {
    const slug = `${name}-${step}`.toLowerCase().replaceAll(/[ ,]+/g, '-')
    const { browser, owner, email, code } = await halfSignedIn(slug)
    const trust = async () => browser.post('/two-factor/verify-totp', { code: await code(), trustDevice: true })
    if (step !== 'its code') expect((await trust()).status).toBe(200)
    let changed = { status: 0, given: '' }
    beforeTrust = async () => {
      beforeTrust = async () => undefined
      changed = (await changes[name]?.(owner, slug)) ?? changed
    }
    expect((await (step === 'its code' ? trust() : browser.signIn(email))).status).toBe(409)
    expect(changed.status).toBe(200)
    if (changed.given === password) await enableApp(owner)
    expect((await browser.signIn(email, changed.given)).text).toMatch(/twoFactorRedirect/)
  })
})
