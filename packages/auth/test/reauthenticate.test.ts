import { SessionStoreUnavailableError } from '@rollcall/session-store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deleteAccounts, password, startApp } from './helpers.js'

let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({ emailAndPassword: { enabled: true, password: {} } }) // hashes of better-auth's own
})
afterAll(() => t[Symbol.asyncDispose]())

const wrong = { status: 400, body: { code: 'INVALID_PASSWORD', message: 'Invalid password' }, setCookies: [] }

test('a password proves at any length that it may have, and no longer one is compared', async () => {
  const browser = t.browser()
  const longest = 'x'.repeat(128)
  await browser.signUp('longest@example.org', { password: longest })
  expect((await browser.post('/reauthenticate', { password: longest })).status).toBe(200)
  expect(await browser.post('/reauthenticate', { password: `${longest}x` })).toMatchObject(wrong)
})

test('an account without a password has no right one', async () => {
  const { browser, userId } = await t.person('no-password')
  await deleteAccounts(t.database, userId)
  for (const given of ['', password, 'undefined', 'null'])
    expect(await browser.post('/reauthenticate', { password: given })).toMatchObject(wrong)
})

test('a session that is revoked meanwhile does not come back', async () => {
  const { browser, userId } = await t.person('revoked')
  const id = (await browser.session())?.id ?? ''
  t.events.length = 0
  const { rotate } = t.store
  t.store.rotate = async (token, options) => {
    await t.store.revoke(userId, id)
    return rotate(token, options)
  }
  try {
    const answer = await browser.post('/reauthenticate', { password })
    expect(answer).toMatchObject({
      status: 401,
      body: { code: 'UNAUTHORIZED', message: 'Unauthorized' },
      setCookies: [],
    })
  } finally {
    t.store.rotate = rotate
  }
  expect(await browser.session()).toBeNull()
  expect(t.events).not.toContainEqual(expect.objectContaining({ event: 'reauthentication', result: 'ok' }))
})

test('an outage proves nothing, and says what it is', async () => {
  const { browser } = await t.person('outage')
  const { rotate } = t.store
  t.store.rotate = () => Promise.reject(new SessionStoreUnavailableError(new Error('no answer')))
  try {
    expect(await browser.post('/reauthenticate', { password })).toMatchObject({
      status: 503,
      body: {
        code: 'SESSION_STORE_UNAVAILABLE',
        message: 'Sign-in is temporarily unavailable. Please try again.',
      },
      setCookies: [],
    })
  } finally {
    t.store.rotate = rotate
  }
  expect(await browser.session()).not.toBeNull()
})
