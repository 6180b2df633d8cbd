import { createHmac } from 'node:crypto'
import { secretHashIn } from '@rollcall/session-store'
import { betterAuth } from 'better-auth'
import { admin, bearer } from 'better-auth/plugins'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { exportedSessions, exportSessions } from '../src/export/export-sessions.js'
import { plugins, startExport, whoIs } from './export-helpers.js'
import { anyToken, password, secret, copyCookies } from './helpers.js'
import { cookieOf, DAY_MS } from './import-helpers.js'

let t: Awaited<ReturnType<typeof startExport>>
beforeAll(async () => {
  t = await startExport()
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(() => t.reset())

describe('after the export', () => {
  test('everybody stays signed in, with times, address, browser and own fields; Redis has no session left', async () => {
    const [mine, phone] = [await t.signUp('ada'), await t.signInAgain('ada')]
    t.clock.offset = 120_000
    await t.store.update((await mine.token()) ?? '', { theme: 'dark', unknown: true })
    await mine.session() // a use
    const before = await mine.session()
    expect(before?.lastSeenAt).not.toEqual(before?.createdAt)
    const counts = await t.moveAway()
    expect(counts).toEqual({ exported: 2, withoutUser: 0, revoked: 0, neededUntil: expect.any(Date) })
    expect(await t.store.count(before?.userId ?? '')).toBe(0)

    expect(await whoIs(phone)).toBe('ada@example.org')
    const { body, text } = await mine.get('/get-session')
    expect(body).toMatchObject({
      user: { email: 'ada@example.org' },
      session: {
        createdAt: before?.createdAt.toISOString(),
        updatedAt: before?.lastSeenAt.toISOString(),
        expiresAt: before?.expiresAt.toISOString(),
        ipAddress: before?.ipAddress ?? '',
        userAgent: 'Browser of ada',
        theme: 'dark',
      },
    })
    expect(text).not.toMatch(anyToken)
  })

  test('nothing that had ended signs in: signed out, revoked, expired, or of an earlier secret', async () => {
    const leaver = await t.signUp('leaver')
    const [left, mine] = [copyCookies(leaver, t.browser()), await t.signUp('ada')]
    const [revoked, old] = [await t.signInAgain('ada'), copyCookies(mine, t.browser())]
    const late = await t.signUp('late', { rememberMe: false })
    await leaver.post('/sign-out')
    const token = (await revoked.session())?.id
    expect((await mine.post('/revoke-session', { token })).status).toBe(200)
    const change = { currentPassword: password, newPassword: `${password}!` }
    expect((await mine.post('/change-password', change)).status).toBe(200)
    t.clock.offset = DAY_MS + 60_000
    expect((await t.moveAway()).exported).toBe(1)
    for (const one of [left, revoked, old, late]) expect(await whoIs(one)).toBeUndefined()
    expect(await whoIs(mine)).toBe('ada@example.org')
  })

  test('better-auth lists and ends them, and a second export brings none back', async () => {
    const [mine, phone, tablet] = [await t.signUp('ada'), await t.signInAgain('ada'), await t.signInAgain('ada')]
    await t.moveAway()
    const { body } = await mine.get('/list-sessions')
    expect(body).toHaveLength(3)
    expect((await mine.post('/revoke-other-sessions')).status).toBe(200)
    expect(await exportSessions(t.away, t.options)).toMatchObject({ exported: 0 })
    for (const one of [phone, tablet]) expect(await whoIs(one)).toBeUndefined()
    expect(await whoIs(mine)).toBe('ada@example.org')
    const copy = copyCookies(mine, t.browser())
    expect((await mine.post('/sign-out')).status).toBe(200)
    expect(await whoIs(copy)).toBeUndefined()
  })

  test('better-auth renews the cookie when it prolongs the session, and then needs this package no more', async () => {
    const mine = await t.signUp('ada')
    await t.moveAway()
    await t.makeProlongable()
    const before = copyCookies(mine, t.browser())
    expect(await whoIs(mine)).toBe('ada@example.org')
    expect(cookieOf(mine)).not.toBe(cookieOf(before))
    const young = t.browser()
    await young.signIn('ada@example.org')
    for (const one of [before, mine, young]) expect(await whoIs(one)).toBe('ada@example.org')
    t.serve(t.old)
    expect(await whoIs(before)).toBeUndefined()
    expect(await whoIs(mine)).toBe('ada@example.org')
  })

  test('a session that is not to be remembered is not prolonged', async () => {
    const mine = await t.signUp('guest', { rememberMe: false })
    const { expiresAt } = (await mine.session()) ?? expect.fail('Nobody is signed in')
    expect((await t.moveAway()).neededUntil).toEqual(expiresAt)
    const { setCookies } = await mine.get('/get-session')
    expect(setCookies).toEqual([])
    expect(await whoIs(mine)).toBe('guest@example.org')
  })

  test('a direct call needs no headers', async () => {
    await t.signUp('ada')
    await t.moveAway()
    const body = { email: 'ada@example.org', password }
    expect(await t.away.api.signInEmail({ body })).toMatchObject({ user: { email: 'ada@example.org' } })
  })

  test('no cookie signs in that the application did not sign, and no header without the plugin bearer', async () => {
    const mine = await t.signUp('ada')
    const token = (await mine.token()) ?? ''
    const forged = copyCookies(mine, t.browser())
    const signature = createHmac('sha256', 'another secret').update(token).digest('base64')
    forged.jar.set('better-auth.session_token', encodeURIComponent(`${token}.${signature}`))
    await t.moveAway()
    expect(await whoIs(forged)).toBeUndefined()
    t.serve(betterAuth({ ...t.common, plugins: [admin(), exportedSessions()] }))
    const answer = await t.browser().get('/get-session', { authorization: `Bearer ${token}` })
    expect(answer).toMatchObject({ status: 200, body: null })
    expect(await whoIs(mine)).toBe('ada@example.org')
  })
})

test('a cookie that an earlier secret signed signs in, and one of no secret in the list does not', async () => {
  const mine = await t.signUp('ada')
  const before = copyCookies(mine, t.browser())
  const moveTo = async (earlier: string) => {
    const secrets = ['the secret of today, long enough for it', earlier].map((value, n) => ({ version: 2 - n, value }))
    const away = betterAuth({ ...t.common, secret: earlier, secrets, plugins: [...plugins, exportedSessions()] })
    await exportSessions(away, t.options)
    t.serve(away)
  }
  await moveTo(secret)
  expect(await whoIs(mine)).toBe('ada@example.org')
  await moveTo('a secret that signed no cookie of anybody')
  expect(await whoIs(before)).toBeUndefined()
})

describe('cookies and headers of plugins', () => {
  test('both accounts of a browser stay, and it switches between them', async () => {
    const mine = await t.signUp('ada')
    await mine.signUp('grace@example.org')
    await t.moveAway()
    expect(await whoIs(mine)).toBe('grace@example.org')
    const { body } = await mine.get('/multi-session/list-device-sessions')
    const accounts = body as { user: { email: string }; session: { token: string } }[]
    const ada = accounts.find(({ user }) => user.email === 'ada@example.org')
    const { status } = await mine.post('/multi-session/set-active', { sessionToken: ada?.session.token })
    expect(status).toBe(200)
    expect(await whoIs(mine)).toBe('ada@example.org')
  })

  test('a bearer token signs in, signed or not unless a signature is required, and no other text does', async () => {
    const mine = await t.signUp('script')
    const { headers } = await mine.signIn('script@example.org')
    const signed = headers.get('set-auth-token') ?? ''
    const token = (await mine.token()) ?? ''
    await t.moveAway()
    const ask = async (given: string) =>
      (await t.browser().get('/get-session', { authorization: `Bearer ${given}` })).body
    for (const given of [token, signed, decodeURIComponent(signed)])
      expect(await ask(given)).toMatchObject({ user: { email: 'script@example.org' } })
    const wrongSignature = `${token}.${'A'.repeat(43)}=`
    for (const given of [token.slice(0, 38) + token.slice(39) + 'A', secretHashIn(token) ?? '', wrongSignature])
      expect(await ask(given)).toBeNull()
    const get = async (authorization: string) => (await t.browser().get('/get-session', { authorization })).body
    expect(await get(`bearer   ${token}`)).toMatchObject({ user: { email: 'script@example.org' } })
    expect(await get(`Basic x, bearer ${token}`)).toBeNull()
    t.serve(betterAuth({ ...t.common, plugins: [admin(), bearer({ requireSignature: true }), exportedSessions()] }))
    expect(await ask(signed)).toMatchObject({ user: { email: 'script@example.org' } })
    for (const given of [token, wrongSignature]) expect(await ask(given)).toBeNull()
  })

  test('an administrator returns from an impersonation, and is not remembered', async () => {
    const [boss, user] = [await t.signUp('boss', { rememberMe: false }), await t.signUp('ada')]
    const { userId = '' } = (await boss.session()) ?? {}
    await t.oldAdapter.update({ model: 'user', where: [{ field: 'id', value: userId }], update: { role: 'admin' } })
    const ada = (await user.session())?.userId
    expect((await boss.post('/admin/impersonate-user', { userId: ada })).status).toBe(200)
    await t.moveAway()
    expect((await boss.get('/get-session')).body).toMatchObject({ session: { impersonatedBy: userId } })
    const { status, setCookies } = await boss.post('/admin/stop-impersonating')
    expect(status).toBe(200)
    expect(setCookies.find((line) => line.includes('session_token'))).not.toMatch(/max-age/i)
    expect(await whoIs(boss)).toBe('boss@example.org')
  })
})
