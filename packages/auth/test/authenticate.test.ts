import { type SessionStore, SessionStoreUnavailableError } from '@rollcall/session-store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authenticate } from '../src/sessions/authenticate.js'
import { cookieSessions } from '../src/index.js'
import { type Browser, startApp } from './helpers.js'

let t: Awaited<ReturnType<typeof startApp>>
let token: string
beforeAll(async () => {
  t = await startApp({})
  token = (await t.store.create({ userId: 'ada' }))?.token ?? ''
})
afterAll(() => t[Symbol.asyncDispose]())

/** The store, which answers `touch` in its own way, and notes which lookups pass its near-cache. */
function createStoreWith(touch: SessionStore['touch']) {
  const strict: (boolean | undefined)[] = []
  const validate: SessionStore['validate'] = (of, options) => {
    strict.push(options?.strict)
    return t.store.validate(of, options)
  }
  return { store: { ...t.store, validate, touch }, strict }
}

test('a session that cannot be touched, as in a full Redis, signs in all the same', async () => {
  const { store } = createStoreWith(() => Promise.reject(new SessionStoreUnavailableError(new Error('OOM'))))
  expect(await authenticate(store, token)).toMatchObject({ userId: 'ada' })
})

test('another failure of that is not hidden', async () => {
  const failure = new Error('a fault')
  const { store } = createStoreWith(() => Promise.reject(failure))
  await expect(authenticate(store, token)).rejects.toBe(failure)
})

test('only a caller that says so may be answered by a near-cache, and nobody is touched who is not signed in', async () => {
  let touched = 0
  const { store, strict } = createStoreWith(async () => {
    touched += 1
    return true
  })
  await authenticate(store, token)
  await authenticate(store, token, {})
  await authenticate(store, token, { strict: false })
  expect(strict).toEqual([true, true, false])
  expect(touched).toBe(3)
  expect(await authenticate(store, 'unknown')).toBeNull()
  expect(touched).toBe(3)
})

const cookieOf = ({ jar }: Browser) => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')

test('of a request, the session cookie counts as it is now', async () => {
  const sessions = await cookieSessions(t.auth, t.store)
  const people = [await t.person('first'), await t.person('second')]
  const headers = new Headers()
  for (const { browser, userId } of people) {
    headers.set('cookie', cookieOf(browser))
    for (const _ of [1, 2])
      expect(await sessions.authenticate(headers)).toMatchObject({ token: await browser.token(), session: { userId } })
  }
  headers.set('cookie', `better-auth.session_token=forged.${'A'.repeat(43)}=`)
  expect(await sessions.authenticate(headers)).toBeNull()
  headers.delete('cookie')
  expect(await sessions.authenticate(headers)).toBeNull()
  const { browser, userId } = await t.person('third')
  await t.store.revokeAll(userId)
  expect(await sessions.authenticate(new Headers({ cookie: cookieOf(browser) }))).toBeNull()
})

test('unless its caller says otherwise, it counts as use, and Redis is asked', async () => {
  let touched = 0
  const { store, strict } = createStoreWith(async () => {
    touched += 1
    return true
  })
  const sessions = await cookieSessions(t.auth, store)
  const { browser } = await t.person('options')
  const headers = new Headers({ cookie: cookieOf(browser) })
  await sessions.authenticate(headers)
  await sessions.authenticate(headers, { touch: false })
  await sessions.authenticate(headers, { strict: false })
  await sessions.authenticate(headers, { touch: false, strict: false })
  expect([touched, ...strict]).toEqual([2, true, true, false, false])
})

test('the cookies that end a session in the browser', async () => {
  const sessions = await cookieSessions(t.auth, t.store)
  expect(sessions.expiredCookies()).toEqual(
    ['session_token', 'dont_remember'].map((name) =>
      expect.stringMatching(new RegExp(`^better-auth\\.${name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax`)),
    ),
  )
})
