import { apiKey } from '@better-auth/api-key'
import { phoneNumber } from 'better-auth/plugins'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type Browser, hold, signInsBetweenRevocations, startApp, copyCookies } from './helpers.js'

// Codes to a phone sign in. So another number is another way in, for sessions and for a thief.

const links: string[] = []
const codes = new Map<string, string>()
let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp(
    { plugins: [apiKey(), phoneNumber({ sendOTP: ({ phoneNumber: to, code }) => void codes.set(to, code) })] },
    { onNewDevice: async ({ token }) => void links.push(token) },
  )
})
afterAll(() => t[Symbol.asyncDispose]())

async function changeNumber(browser: Browser, to: string, more: object = {}): Promise<Answer> {
  await browser.post('/phone-number/send-otp', { phoneNumber: to })
  return browser.post('/phone-number/verify', {
    phoneNumber: to,
    code: codes.get(to),
    updatePhoneNumber: true,
    ...more,
  })
}

const numberOf = async (userId: string) =>
  (await t.adapter.findOne<{ phoneNumber: string }>({ model: 'user', where: [{ field: 'id', value: userId }] }))
    ?.phoneNumber

test.each([
  ['the first number', null, {}, 1],
  ['another number', '+15550101', {}, 0],
  ['another number', '+15550102', { revokeOtherSessions: false }, 1],
] as const)('%s after %s, with %j, leaves this device and %i others', async (_, first, choice, left) => {
  const { browser, phones, userId } = await t.person(`changes-${first}-${left}`, 1)
  if (first !== null) await changeNumber(browser, first)
  const copy = copyCookies(browser, t.browser())
  const id = (await browser.session())?.id
  expect((await changeNumber(browser, `+1666${left}${first?.slice(-3) ?? ''}`, choice)).status).toBe(200)
  expect((await browser.session())?.id).toBe(id)
  expect(await copy.session()).toBeNull()
  expect((await phones[0]?.session()) === null).toBe(left === 0)
  expect(await t.store.count(userId)).toBe(1 + left)
})

test.each(['a phone number', 'an API key'])(
  '%s is not added by a session that is revoked once its request was let in',
  async (kind) => {
    const { browser: thief, userId } = await t.person(`late-${kind.replaceAll(' ', '-')}`)
    const number = '+15550009'
    await thief.post('/phone-number/send-otp', { phoneNumber: number })
    const { validate } = t.store
    t.store.validate = async (...args) => {
      t.store.validate = validate
      const session = await validate(...args)
      await t.store.revokeAll(userId)
      return session
    }
    const { status } = await (kind === 'an API key'
      ? thief.post('/api-key/create', { name: 'mine' })
      : thief.post('/phone-number/verify', { phoneNumber: number, code: codes.get(number), updatePhoneNumber: true }))
    expect(status).toBe(401)
    const keys = { model: 'apikey', where: [{ field: 'referenceId', value: userId }] }
    expect(await t.adapter.count(keys)).toBe(0)
    expect(await numberOf(userId)).toBeNull()
  },
)

test('the first phone number does not stand if its session is revoked in that moment', async () => {
  const { browser: thief, userId } = await t.person('late-first')
  const { waiting, open } = hold(t.store, 'rotate')
  const answer = changeNumber(thief, '+15550011')
  await waiting
  await t.store.revokeAll(userId)
  open()
  expect((await answer).status).toBe(401)
  expect(await numberOf(userId)).toBeNull()
})

test('an API key is added by a session that is live, or by a script, and ends nothing', async () => {
  const { browser, phones, userId } = await t.person('api-key', 1)
  expect((await browser.post('/api-key/create', { name: 'mine', revokeOtherSessions: true })).status).toBe(200)
  const keys = { model: 'apikey', where: [{ field: 'referenceId', value: userId }] }
  const { id: _, ...key } = (await t.adapter.findOne<{ id: string }>(keys)) ?? { id: '' }
  await t.adapter.create<Record<string, unknown>>({ model: 'apikey', data: { ...key, key: 'by a script' } })
  expect(await t.adapter.count(keys)).toBe(2)
  expect([await browser.session(), await phones[0]?.session()]).not.toContain(null)
})

test('after "This wasn’t me", no sign-in by the number of the thief that began since its first revocation creates anything', async () => {
  const { email, userId } = await t.person('hurried')
  const intruder = t.browser()
  await intruder.signIn(email) // which sends the link
  const number = '+15550010'
  await changeNumber(intruder, number)
  const beginAsThief = async () => {
    const thief = t.browser()
    await thief.post('/phone-number/send-otp', { phoneNumber: number })
    return () => thief.post('/phone-number/verify', { phoneNumber: number, code: codes.get(number) })
  }
  const { result } = await signInsBetweenRevocations(t.store, beginAsThief, () =>
    t.browser().post('/secure-account', { token: links.at(-1) }),
  )
  expect(result.status).toBe(200)
  expect(await t.store.count(userId)).toBe(0)
})
