import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { startAuth } from './helpers.js'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

let t: Awaited<ReturnType<typeof startAuth>>
beforeAll(async () => {
  t = await startAuth()
  t.redis.options.commandTimeout = 10_000 // a busy machine is no outage
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const tokenIn = (mail: { readonly url: string } | undefined) =>
  new URL(mail?.url ?? 'http://no.mail').searchParams.get('token')
const after = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds)

test.each([
  [59 * MINUTE, 200],
  [61 * MINUTE, 400],
])('a link to a new password works for an hour: %i ms later it is answered %i', async (later, status) => {
  const email = `reset-${later}@example.org`
  await t.browser().signUp(email)
  await t.browser().post('/request-password-reset', { email })
  const token = tokenIn(t.mails.findLast(({ to }) => to === email))
  after(later)
  expect(await t.browser().post('/reset-password', { newPassword: 'another good password', token })).toMatchObject({
    status,
  })
})

test.each([
  [7 * DAY - MINUTE, 200],
  [7 * DAY + MINUTE, 400],
])(
  'a link of the mail about a new device works for seven days: %i ms later it is answered %i',
  async (later, status) => {
    const email = `device-${later}@example.org`
    await t.browser().signUp(email)
    await t.browser().signIn(email)
    const token = tokenIn(t.newDevices.findLast(({ to }) => to === email))
    expect(token).not.toBeNull()
    after(later)
    expect(await t.browser().post('/secure-account', { token })).toMatchObject({ status })
  },
)
