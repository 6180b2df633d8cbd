import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { password, startApp } from './helpers.js'

const LONG = 5_000

/** How often a password was hashed or compared. */
let hashed = 0
let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({
    // better-auth's default is 100.
    advanced: { database: { defaultFindManyLimit: 1 } },
    user: { additionalFields: { banned: { type: 'boolean', required: false } } },
    emailAndPassword: {
      enabled: true,
      password: {
        hash: async (plain) => {
          hashed += 1
          return plain
        },
        verify: async ({ hash, password: plain }) => {
          hashed += 1
          return hash === plain
        },
      },
    },
  })
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(() => void (hashed = 0))

test('of a user agent 512 characters are kept, and of each client hint 256', async () => {
  const long = t.browser('u'.repeat(LONG))
  const hints = [
    'sec-ch-ua',
    'sec-ch-ua-mobile',
    'sec-ch-ua-platform',
    'sec-ch-ua-platform-version',
    'sec-ch-ua-model',
    'x-touch-screen',
  ]
  const headers = Object.fromEntries(hints.map((name) => [name, 'h'.repeat(LONG / 4)]))
  await long.signUp('long@example.org')
  expect((await long.post('/sign-in/email', { email: 'long@example.org', password }, headers)).status).toBe(200)
  expect(await long.session()).toMatchObject({
    userAgent: 'u'.repeat(512),
    data: { clientHints: Object.fromEntries(hints.map((name) => [name, 'h'.repeat(256)])) },
  })
})

test('so are those of a session without a request, and of an event', async () => {
  const { browser, userId } = await t.person('long-event')
  const data = { userId, expiresAt: new Date(Date.now() + 60_000), ipAddress: 'i'.repeat(LONG), userAgent: '' }
  await t.adapter.create<Record<string, unknown>>({ model: 'session', data })
  const made = (await t.store.list(userId)).find(({ ipAddress }) => ipAddress?.startsWith('i'))
  expect(made).toMatchObject({ ipAddress: 'i'.repeat(512), userAgent: null })
  const { rotate } = t.store
  const agents: unknown[] = []
  t.store.rotate = (token, options) => {
    agents.push(options?.event?.userAgent)
    return rotate(token, options)
  }
  let currentPassword = password
  try {
    for (const agent of ['u'.repeat(LONG), '']) {
      const body = { currentPassword, newPassword: `${currentPassword}!` }
      expect((await browser.post('/change-password', body, { 'user-agent': agent })).status).toBe(200)
      currentPassword = body.newPassword
    }
  } finally {
    t.store.rotate = rotate
  }
  expect(agents).toEqual(['u'.repeat(512), null])
})

describe('a change of more rows than better-auth reads unasked revokes the sessions of every user', () => {
  type Change = (userIds: string[]) => Promise<number>
  const of = (field: string, value: string[]) => [{ field, operator: 'in' as const, value }]
  const changes: Record<string, Change> = {
    'a new password': (ids) =>
      t.adapter.updateMany({ model: 'account', where: of('userId', ids), update: { password: 'new' } }),
    'a ban': (ids) => t.adapter.updateMany({ model: 'user', where: of('id', ids), update: { banned: true } }),
    'a provider that is unlinked': (ids) => t.adapter.deleteMany({ model: 'account', where: of('userId', ids) }),
    'a deletion': (ids) => t.adapter.deleteMany({ model: 'user', where: of('id', ids) }),
  }
  test.each(Object.entries(changes))('%s', async (name, change) => {
    const users = [await t.person(`${name.length}-one`), await t.person(`${name.length}-two`)]
    const ids = users.map(({ userId }) => userId)
    expect(await change(ids)).toBe(2)
    expect(await Promise.all(ids.map((id) => t.store.count(id)))).toEqual([0, 0])
  })
})

describe('a password of more than 128 characters is refused before it costs anything', () => {
  const huge = 'x'.repeat(60_000)
  const attempts: [string, object][] = [
    ['/sign-up/email', { email: 'huge@example.org', name: 'Ada', password: huge }],
    ['/sign-in/email', { email: 'bounded@example.org', password: huge }],
    ['/reauthenticate', { password: huge }],
    ['/reauthenticate', { password: 'x'.repeat(129) }],
    ['/change-password', { currentPassword: huge, newPassword: 'another good password' }],
    ['/change-password', { currentPassword: password, newPassword: huge }],
    ['/reset-password', { token: 'token', newPassword: huge }],
  ]
  test.each(attempts)('%s', async (path, body) => {
    const browser = t.browser()
    await browser.signUp('bounded@example.org')
    await browser.signIn('bounded@example.org')
    hashed = 0
    expect((await browser.post(path, body)).status).toBe(400)
    expect(hashed).toBe(0)
  })

  test('one of 128 is compared', async () => {
    const browser = t.browser()
    expect((await browser.signUp('exact@example.org', { password: 'y'.repeat(128) })).status).toBe(200)
    expect((await browser.post('/reauthenticate', { password: 'y'.repeat(128) })).status).toBe(200)
  })
})
