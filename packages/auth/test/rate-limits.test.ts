import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, startApp } from './helpers.js'

// The plugin's endpoints in an application that turns on better-auth's own rate limit.

let t: Awaited<ReturnType<typeof startApp>>
let browser: Browser
beforeAll(async () => {
  t = await startApp({ rateLimit: { enabled: true } }, { onNewDevice: async () => undefined })
  browser = (await t.person('ada')).browser // sign-ups are limited too
})
afterAll(() => t[Symbol.asyncDispose]())

test.each([
  ['/reauthenticate', { password: 'wrong' }],
  ['/change-password', { currentPassword: 'wrong', newPassword: 'another good password' }],
  ['/secure-account', { token: 'wrong' }],
])('guesses at %s are limited, as better-auth limits those of a sign-in', async (path, body) => {
  const statuses: number[] = []
  for (let n = 0; n < 4; n += 1) statuses.push((await browser.post(path, body)).status)
  expect(statuses).toEqual([400, 400, 400, 429])
})

test('to ask for the ways to prove is no guess', async () => {
  for (let n = 0; n < 5; n += 1) expect((await browser.get('/reauthenticate/methods')).status).toBe(200)
})
