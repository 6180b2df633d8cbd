import { afterAll, beforeAll, expect, test } from 'vitest'
import { newEmail, withRedis, PASSWORD, startServer, type TestServer } from '../helpers.js'

// An IPv6 customer owns 2^64 addresses: the limits per address would not stop one who uses a new one each time.

let server: TestServer
beforeAll(async () => {
  server = await startServer({ env: { TRUSTED_PROXIES: 'loopback' } })
})
afterAll(() => server[Symbol.asyncDispose]())

const limited: [string, object][] = [
  ['/api/auth/sign-in/email', { email: 'nobody@example.org', password: PASSWORD }],
  ['/api/auth/sign-up/email', { email: newEmail(), password: PASSWORD, name: 'Ada' }],
  ['/api/auth/request-password-reset', { email: newEmail() }],
  ['/api/auth/reset-password', { token: 'guessed', newPassword: PASSWORD }],
  ['/api/auth/secure-account', { token: 'guessed' }],
]

test.each(limited)('%s counts one network, with however many addresses, as one client', async (path, body) => {
  const attemptFrom = async (address: string) => {
    const attempt = () => server.browser({ 'x-forwarded-for': address }).post(path, body)
    while ((await attempt()).status === 503); // a busy machine: nothing was counted
    return withRedis(server.redis, async (admin) => new Set(await admin.keys('limit:*')))
  }
  const first = await attemptFrom('2001:db8:1:2::1')
  expect(first.size).toBeGreaterThan(0)
  expect(await attemptFrom('2001:db8:1:2:ffff:eeee:dddd:cccc')).toEqual(first)
  expect((await attemptFrom('2001:db8:1:3::1')).size).toBeGreaterThan(first.size)
  await withRedis(server.redis, (admin) => admin.flushall())
})
