import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startApp } from './helpers.js'

// The application has changed its secret. Cookies of the earlier one sign in, at the endpoints of better-auth too.

const [current, earlier] = [
  'the secret that signs now, of some length',
  'the secret that signed before, of some length',
]
let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({
    secrets: [
      { version: 2, value: current },
      { version: 1, value: earlier },
    ],
  })
})
afterAll(() => t[Symbol.asyncDispose]())

const NAME = 'better-auth.session_token'

/** A browser whose cookie was signed with another secret. */
async function signInUnder(name: string, secret: string) {
  const { browser, email } = await t.person(name)
  const token = (await browser.token()) ?? ''
  const signature = createHmac('sha256', secret).update(token).digest('base64')
  browser.jar.set(NAME, encodeURIComponent(`${token}.${signature}`))
  return { browser, email }
}

test('a cookie of the earlier secret signs in and out', async () => {
  const { browser, email } = await signInUnder('earlier', earlier)
  expect((await browser.get('/get-session')).body).toMatchObject({ user: { email } })
  const copy = browser.jar.get(NAME) ?? ''
  expect((await browser.post('/sign-out')).status).toBe(200)
  browser.jar.set(NAME, copy)
  expect((await browser.get('/get-session')).body).toBeNull()
})

test('one of another secret does not, nor does no cookie at all', async () => {
  const { browser } = await signInUnder('foreign', 'a secret of somebody else')
  expect((await browser.get('/get-session')).body).toBeNull()
  expect((await t.browser().get('/get-session')).body).toBeNull()
  await expect(t.auth.api.signInEmail({ body: { email: 'nobody@example.org', password: 'x' } })).rejects.toMatchObject({
    statusCode: 401,
  })
})
