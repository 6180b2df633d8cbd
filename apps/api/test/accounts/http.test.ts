import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CLIENT_ADDRESS_HEADER } from '../../src/accounts/auth.js'
import { anyToken, password, startApp, startAuth } from './helpers.js'

let t: Awaited<ReturnType<typeof startAuth>>
beforeAll(async () => {
  t = await startAuth()
})
afterAll(() => t[Symbol.asyncDispose]())

const sessionCookie = (lines: readonly string[]) => lines.find((line) => line.includes('session_token')) ?? ''

describe('the cookie', () => {
  test('on http: HttpOnly, SameSite=Lax, Path=/, as long as a session can live', async () => {
    const { setCookies } = await t.browser().signUp('cookie@example.org')
    const [pair, ...attributes] = sessionCookie(setCookies).split('; ')
    expect(pair).toMatch(/^rollcall\.session_token=[A-Za-z0-9_-]{81}\./)
    expect(attributes.toSorted()).toEqual(['HttpOnly', 'Max-Age=2592000', 'Path=/', 'SameSite=Lax'])
  })

  test('on https: Secure and __Host- as well, and taken away under the same name', async () => {
    await using secure = await startAuth({ baseUrl: 'https://rollcall.example' })
    const browser = secure.browser()
    const { setCookies } = await browser.signUp('cookie@example.org')
    const [pair, ...attributes] = sessionCookie(setCookies).split('; ')
    expect(pair).toMatch(/^__Host-rollcall\.session_token=/)
    expect(attributes.toSorted()).toEqual(['HttpOnly', 'Max-Age=2592000', 'Path=/', 'SameSite=Lax', 'Secure'])
    expect(await browser.session()).not.toBeNull()
    const [gone, ...same] = sessionCookie(secure.auth.expiredCookies()).split('; ')
    expect(gone).toBe('__Host-rollcall.session_token=')
    expect(same.toSorted()).toEqual(['HttpOnly', 'Max-Age=0', 'Path=/', 'SameSite=Lax', 'Secure'])
    await browser.post('/sign-out')
    expect([...browser.jar.keys()]).toEqual(['__Host-rollcall.device'])
  })

  test('signs in only as it was signed', async () => {
    const browser = t.browser()
    await browser.signUp('forged@example.org')
    const [[name = '', value = ''] = []] = browser.jar
    const authenticate = (cookie: string) => t.auth.authenticate(new Headers({ cookie: `${name}=${cookie}` }))
    expect(await authenticate(value)).not.toBeNull()
    const token = value.slice(0, 81)
    const dot = value.indexOf('.')
    for (const forged of [
      '',
      token,
      `${token}.`,
      `${token}.AAAA`,
      value.slice(0, dot) + value.slice(dot).replace(/^\.(.)/, (_, first) => (first === 'A' ? '.B' : '.A')),
      `A${value}`,
      `${value}%`,
      '%E0%A4%A',
      `%00${value}`,
    ]) {
      expect(await authenticate(forged), forged).toBeNull()
    }
  })

  test('is read anew when it changes in the same headers, and its session is asked for each time', async () => {
    const [ada, eve] = [t.browser(), t.browser()]
    await ada.signUp('same-headers@example.org')
    await eve.signUp('other-cookie@example.org')
    const cookieOf = ({ jar }: typeof ada) => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = new Headers({ cookie: cookieOf(ada) })
    const userId = async () => (await t.auth.authenticate(headers))?.session.userId ?? null
    const adas = await userId()
    expect(adas).toBe((await ada.session())?.userId)
    headers.set('cookie', cookieOf(eve))
    expect(await userId()).toBe((await eve.session())?.userId)
    headers.delete('cookie')
    expect(await userId()).toBeNull()
    headers.set('cookie', cookieOf(ada))
    expect(await userId()).toBe(adas)
    await ada.post('/sign-out')
    expect(await userId()).toBeNull()
  })
})

describe('the token stays in the cookie', () => {
  test('no body of sign-up, sign-in, get-session, change-password or sign-out holds it', async () => {
    await using app = await startApp({})
    for (const one of [app, t]) {
      const email = 'bodies@example.org'
      const browser = one.browser()
      const bodies = [
        await browser.signUp(email),
        await browser.signIn(email),
        await browser.post('/change-password', { currentPassword: password, newPassword: 'a brand new password' }),
        await browser.post('/change-password', {
          currentPassword: 'a brand new password',
          newPassword: password,
          revokeOtherSessions: true,
        }),
        // Our own server closes these.
        ...(one === app
          ? [await browser.get('/get-session'), await browser.post('/update-user', { name: 'Grace' })]
          : []),
        await browser.post('/sign-out'),
      ]
      for (const { status, text } of bodies) {
        expect(status).toBe(200)
        expect(text).not.toMatch(anyToken)
      }
      if (one === app)
        expect(bodies[4]?.body).toMatchObject({ session: { userId: expect.any(String) }, user: { email } })
    }
  })
})

describe('closed endpoints of better-auth', () => {
  test.each([
    ['GET', '/list-sessions'],
    ['POST', '/revoke-session'],
    ['POST', '/revoke-sessions'],
    ['POST', '/revoke-other-sessions'],
  ])('%s %s', async (method, path) => {
    const [laptop, phone] = [t.browser(), t.browser()]
    const email = `closed${path.replaceAll('/', '-')}@example.org`
    await laptop.signUp(email)
    await phone.signIn(email)
    const answer = method === 'GET' ? await laptop.get(path) : await laptop.post(path, { token: await phone.token() })
    expect(answer.status).toBe(404)
    expect(answer.text).not.toMatch(/[A-Za-z0-9_-]{81}/)
    expect(await phone.session()).not.toBeNull()
  })
})

test('what a browser says of itself is kept with its session, within bounds', async () => {
  const browser = t.browser(`Mozilla/5.0 ${'x'.repeat(4_000)}`)
  await browser.signUp('bounds@example.org')
  expect((await browser.session())?.userAgent).toHaveLength(512)
})

test('an IPv6 address is kept in its short form', async () => {
  const address = '2001:0db8:0000:0000:0000:0000:0000:0001'
  const response = await t.auth.handler(
    new Request(`${t.origin}/api/auth/sign-up/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [CLIENT_ADDRESS_HEADER]: address },
      body: JSON.stringify({ name: 'Ada', email: 'v6@example.org', password }),
    }),
  )
  const cookie = sessionCookie(response.headers.getSetCookie()).split(';')[0] ?? ''
  expect((await t.auth.authenticate(new Headers({ cookie })))?.session.ipAddress).toBe('2001:db8::1')
})

test('the last use is recorded on the way, at most once in an interval', async () => {
  const browser = t.browser()
  await browser.signUp('active@example.org')
  const createdAt = (await browser.session())?.lastSeenAt.getTime() ?? 0
  t.clock.offset += 10 * 60_000
  await browser.session()
  const seen = (await browser.session())?.lastSeenAt.getTime() ?? 0
  expect(seen - createdAt).toBeGreaterThanOrEqual(10 * 60_000)
})
