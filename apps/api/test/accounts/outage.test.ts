import { SessionStoreUnavailableError } from '@rollcall/session-store'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Answer, type Browser, password, startApp, startAuth } from './helpers.js'

// Redis is held still (SIGSTOP) or killed under each request: the answer is 503, never a sign-out.

let t: Awaited<ReturnType<typeof startAuth>>
beforeEach(async () => {
  t = await startAuth()
})
afterEach(() => t[Symbol.asyncDispose]())

type Outage = 'hung' | 'killed'
type Started = Pick<typeof t, 'redis' | 'server'>

/** Waits until Redis answers again. `once` of node:events would give up at the first error in between. */
async function back({ redis }: Started = t): Promise<void> {
  while ((await redis.ping().catch(() => null)) === null) {
    await new Promise((resolve) => redis.once('ready', resolve))
  }
}

async function during<T>(outage: Outage, work: () => Promise<T>, started: Started = t): Promise<T> {
  const { redis, server } = started
  if (outage === 'hung') {
    process.kill(server.pid, 'SIGSTOP')
    try {
      return await work()
    } finally {
      process.kill(server.pid, 'SIGCONT')
      await back(started)
    }
  }
  const closed = new Promise((resolve) => redis.once('close', resolve))
  process.kill(server.pid, 'SIGKILL')
  await closed
  return work()
}

const newPassword = 'a brand new password'
const requests: Record<string, (browser: Browser, email: string) => Promise<Answer>> = {
  'sign-up': () => t.browser().signUp('somebody-else@example.org'),
  'sign-in': (_, email) => t.browser().signIn(email),
  'sign-out': (browser) => browser.post('/sign-out'),
  'change-password': (browser) => browser.post('/change-password', { currentPassword: password, newPassword }),
  'reset-password': (_, email) => {
    const mail = t.mails.find(({ to }) => to === email)
    const token = new URL(mail?.url ?? '').searchParams.get('token')
    return t.browser().post('/reset-password', { newPassword, token })
  },
}

describe.each(['hung', 'killed'] as const)('Redis %s (better-auth#11022)', (outage) => {
  test.each(Object.keys(requests))('%s answers 503 and clears no cookie', async (name) => {
    const email = 'ada@example.org'
    const browser = t.browser()
    await browser.signUp(email)
    await browser.post('/request-password-reset', { email })
    const jar = new Map(browser.jar)

    const answer = await during(outage, async () => requests[name]?.(browser, email))
    expect(answer).toMatchObject({ status: 503, setCookies: [] })
    expect(answer?.body).toMatchObject({ code: 'SESSION_STORE_UNAVAILABLE' })
    expect(browser.jar).toEqual(jar)

    if (outage === 'killed') {
      await t.server.restart() // it kept nothing: only sign-in can be asked again
      await back()
    } else if (name !== 'reset-password') {
      // The outcome of a revocation without an answer is unknown: Redis may still run it when it goes on.
      expect(await browser.session()).not.toBeNull()
    }
    // No password was changed: the old password still signs in, without a restart of ours.
    expect((await t.browser().signIn(email)).status).toBe(200)
  })
})

/** Our own server closes these. */
const requestsOfOthers: Record<string, (browser: Browser) => Promise<Answer>> = {
  'get-session': (browser) => browser.get('/get-session'),
  'update-user': (browser) => browser.post('/update-user', { name: 'Grace' }),
}

describe.each(['hung', 'killed'] as const)('Redis %s, in an application of someone else', (outage) => {
  test.each(Object.keys(requestsOfOthers))('%s answers 503 and clears no cookie', async (name) => {
    await using app = await startApp({})
    const { email, browser } = await app.person('ada')
    const jar = new Map(browser.jar)
    const answer = await during(outage, async () => requestsOfOthers[name]?.(browser), app)
    expect(answer).toMatchObject({ status: 503, setCookies: [], body: { code: 'SESSION_STORE_UNAVAILABLE' } })
    expect(browser.jar).toEqual(jar)
    if (outage === 'killed') {
      await app.server.restart()
      await back(app)
    } else {
      expect(await browser.session()).not.toBeNull()
    }
    expect((await app.browser().signIn(email)).status).toBe(200)
  })
})

test('validation of a cookie during an outage is an error, not a null', async () => {
  const browser = t.browser()
  await browser.signUp('ada@example.org')
  await during('hung', () => expect(browser.session()).rejects.toMatchObject({ name: 'SessionStoreUnavailableError' }))
  expect(await browser.session()).not.toBeNull()
})

test('an outage after the password was written is reported, and the other sessions are gone already', async () => {
  const email = 'ada@example.org'
  const [laptop, phone] = [t.browser(), t.browser()]
  await laptop.signUp(email)
  await phone.signIn(email)
  const { rotate } = t.store
  const lost = new SessionStoreUnavailableError(new Error('Connection is closed.'))
  Object.assign(t.store, { rotate: async () => Promise.reject(lost) })
  const answer = await laptop.post('/change-password', { currentPassword: password, newPassword })
  Object.assign(t.store, { rotate })
  expect(answer.status).toBe(503)
  expect(await phone.session()).toBeNull()
})

test('limit: an outage right after the commit lets a sign-in pass that checked the old password before it', async () => {
  const email = 'ada@example.org'
  const [laptop, thief] = [t.browser(), t.browser()]
  await laptop.signUp(email)
  const { create, rotate } = t.store
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  const waiting = new Promise<void>((resolve) => {
    Object.assign(t.store, {
      create: async (...args: Parameters<typeof create>) => {
        resolve()
        await opened
        return create(...args)
      },
    })
  })
  const signIn = thief.signIn(email)
  await waiting
  const lost = new SessionStoreUnavailableError(new Error('Connection is closed.'))
  Object.assign(t.store, { rotate: async () => Promise.reject(lost) })
  expect((await laptop.post('/change-password', { currentPassword: password, newPassword })).status).toBe(503)
  Object.assign(t.store, { create, rotate })
  open()
  expect((await signIn).status).toBe(200)
  // The answer was an error, and the session is listed, so the person can revoke it.
  const userId = (await laptop.session())?.userId ?? ''
  expect((await t.store.list(userId)).map(({ id }) => id)).toContain((await thief.session())?.id)
  expect(await t.store.revokeOthers((await laptop.token()) ?? '')).toBe(1)
  expect(await thief.session()).toBeNull()
})
