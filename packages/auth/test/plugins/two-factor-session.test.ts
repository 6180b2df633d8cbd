import { twoFactor } from 'better-auth/plugins'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { password, startApp, strictLookups } from '../helpers.js'
import { enableApp } from './second-factor.js'

// What a second factor that is turned on or off leaves in the store and in the audit.

let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({ plugins: [twoFactor()] })
})
afterAll(() => t[Symbol.asyncDispose]())

test('a wrong code while it is turned on is refused as that', async () => {
  const { browser, userId } = await t.person('wrong-at-first')
  await browser.post('/two-factor/enable', { password })
  t.events.length = 0
  expect((await browser.post('/two-factor/verify-totp', { code: '000000' })).status).toBe(401)
  expect(t.events).toMatchObject([{ event: 'second-factor-on', result: 'refused', userId }])
})

test('it is a proof that an account names, beside a password that was not taken away', async () => {
  const { browser, userId } = await t.person('proofs')
  const methods = async () => (await browser.get('/reauthenticate/methods')).body
  expect(await methods()).toEqual({ methods: [{ kind: 'password' }] })
  await enableApp(browser)
  expect(await methods()).toEqual({ methods: [{ kind: 'password' }, { kind: 'two-factor' }] })
  await sql`update account set password = null where "userId" = ${userId}`.execute(t.database.kysely)
  expect(await methods()).toEqual({ methods: [{ kind: 'two-factor' }] })
})

describe('the new secret of the session', () => {
  test('comes with an event that names the device, and Redis itself says that the session lives', async () => {
    const { browser } = await t.person('history')
    const { rotate } = t.store
    const asked: unknown[] = []
    t.store.rotate = (token, options) => {
      asked.push(options)
      return rotate(token, options)
    }
    const strict = await strictLookups(t.store, () => enableApp(browser)).finally(() => (t.store.rotate = rotate))
    expect(new Set(strict)).toEqual(new Set([true]))
    const event = { name: 'second-factor-on', userAgent: 'Firefox', ipAddress: expect.any(String) }
    expect(asked).toMatchObject([{ reauthenticated: false, credentialChange: false, event }])
  })

  test('is of no use if the session is revoked right after: the factor stays on', async () => {
    const { browser, email, userId } = await t.person('revoked-after')
    await enableApp(browser)
    const id = (await browser.session())?.id ?? ''
    const { rotate } = t.store
    t.store.rotate = async (token, options) => {
      const rotated = await rotate(token, options)
      await t.store.revoke(userId, id)
      return rotated
    }
    try {
      expect((await browser.post('/two-factor/disable', { password })).status).toBe(401)
    } finally {
      t.store.rotate = rotate
    }
    expect((await t.browser().signIn(email)).text).toMatch(/twoFactorRedirect/)
  })
})
