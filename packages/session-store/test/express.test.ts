import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import session from 'express-session'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ExpressStore, SessionSupersededError } from '../src/express/express-store.js'
import { SessionStoreUnavailableError } from '../src/index.js'
import { startStore, timeAfter } from './helpers.js'

declare module 'express-session' {
  interface SessionData {
    visits?: number
  }
}

let t: Awaited<ReturnType<typeof startStore>>
let express: ExpressStore
beforeAll(async () => {
  t = await startStore()
  express = new ExpressStore({
    redis: t.redis,
    store: t.store,
    clock: () => t.clock.now,
    userOf: ({ userId = null }) => ({ userId, userAgent: 'Firefox' }),
  })
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(async () => {
  await t.redis.flushall()
  t.clock.now = Date.now()
})

type Stored = session.SessionData
const call = {
  get: (sid: string) => promisify(express.get.bind(express))(sid),
  set: (sid: string, data: object) => promisify(express.set.bind(express))(sid, data as Stored), // as JSON has it
  touch: (sid: string, data: object) =>
    new Promise<void>((resolve, reject) =>
      express.touch(sid, data as Stored, (error) => (error ? reject(error) : resolve())),
    ),
  destroy: (sid: string) => promisify(express.destroy.bind(express))(sid),
  all: () => promisify(express.all.bind(express))(),
  length: () => promisify(express.length.bind(express))(),
  clear: () => promisify(express.clear.bind(express))(),
}
const cookie = (expires: Date | null = null) => ({ originalMaxAge: null, ...(expires && { expires }) })

describe('the contract of a store of express-session, as connect-redis tests it', () => {
  test('get, set, touch, length, all, destroy and clear', async () => {
    await call.clear()
    await call.set('123', { visits: 1, cookie: cookie() })
    expect(await call.get('123')).toEqual({ visits: 1, cookie: cookie() })

    await call.set('456', { cookie: cookie(new Date(t.clock.now + 60_000)) })
    t.clock.now += 30_000
    await call.touch('456', { cookie: cookie(new Date(t.clock.now + 60_000)) })
    t.clock.now += 45_000
    expect(await call.length()).toBe(2)
    expect(await call.all()).toHaveLength(2)
    t.clock.now += 15_000
    expect(await call.get('456')).toBeNull()
    expect(await call.length()).toBe(1)

    await call.destroy('123')
    expect(await call.get('123')).toBeNull()
    expect(await call.length()).toBe(0)
    for (let i = 0; i < 50; i += 1) await call.set(`many-${i}`, { cookie: cookie() })
    expect(await call.length()).toBe(50)
    await call.clear()
    expect(await call.length()).toBe(0)
    await call.set('789', { cookie: cookie(new Date(t.clock.now)) })
    expect(await call.get('789')).toBeNull()
    expect(await call.all()).toEqual([])
  })

  test('a second save replaces the data, an unknown session is none, and destroying it is no error', async () => {
    await call.set('a', { visits: 1, cookie: cookie() })
    await call.set('a', { userId: 'ada', cookie: cookie() })
    expect(await call.get('a')).toEqual({ userId: 'ada', cookie: cookie() })
    expect(await call.get('unknown')).toBeNull()
    await call.destroy('unknown')
    await call.touch('unknown', { cookie: cookie() })
    expect(await call.length()).toBe(1)
  })
})

describe('sessions of Express', () => {
  test('are listed and revoked by user; clear leaves sessions of others alone', async () => {
    await call.set('laptop', { userId: 'ada', cookie: cookie() })
    await call.set('phone', { userId: 'ada', cookie: cookie() })
    await call.set('other', { userId: 'bob', cookie: cookie() })
    const { session: own } = await t.signIn('ada')
    const listed = await t.store.list('ada')
    expect(listed).toHaveLength(3)
    expect(listed.some(({ userAgent }) => userAgent === 'Firefox')).toBe(true)
    await call.clear()
    expect((await t.store.list('ada')).map(({ id }) => id)).toEqual([own.id])
  })

  test('that were revoked are not saved again, by whatever was under way', async () => {
    await call.set('laptop', { userId: 'ada', cookie: cookie() })
    const data = await call.get('laptop')
    expect(await t.store.revokeAll('ada')).toBe(1)
    await call.touch('laptop', { ...data })
    await call.set('laptop', { ...data, visits: 2 })
    expect(await call.get('laptop')).toBeNull()
    expect(await t.store.count('ada')).toBe(0)
  })

  test('follow a sign-in that keeps the session id, and a sign-out', async () => {
    await call.set('same', { visits: 1, cookie: cookie() })
    expect(await t.store.count('ada')).toBe(0)
    await call.set('same', { visits: 2, userId: 'ada', cookie: cookie() })
    expect(await t.store.count('ada')).toBe(1)
    expect(await call.get('same')).toMatchObject({ visits: 2, userId: 'ada' })
    await call.set('same', { visits: 3, cookie: cookie() })
    expect(await t.store.count('ada')).toBe(0)
    expect(await call.get('same')).toMatchObject({ visits: 3 })
  })

  test('stay their user’s until they have ended: a sign-in in place that fails hides nothing', async () => {
    await call.set('same', { userId: 'ada', cookie: cookie() })
    const revoke = async () => Promise.reject(new SessionStoreUnavailableError('an outage in that very moment'))
    const failing = new ExpressStore({
      redis: t.redis,
      store: { ...t.store, revoke },
      userOf: ({ userId = null }) => ({ userId }),
    })
    const save = promisify(failing.set.bind(failing))
    const bob = { userId: 'bob', cookie: cookie() }
    await expect(save('same', bob as unknown as Stored)).rejects.toThrow('unavailable')
    expect(await call.get('same')).toMatchObject({ userId: 'ada' })
    await call.set('same', bob)
    expect(await call.get('same')).toMatchObject({ userId: 'bob' })
    expect([await t.store.count('ada'), await t.store.revokeAll('bob')]).toEqual([0, 1])
    expect(await call.get('same')).toBeNull()
  })

  test('that somebody left in place are not saved again either; the request that left goes on', async () => {
    await call.set('same', { userId: 'ada', cookie: cookie() })
    const load = async (): Promise<Stored> =>
      (await promisify(express.load.bind(express))('same')) ?? expect.fail('There is no session')
    const [underWay, signsOut] = [await load(), await load()]
    await call.set('same', Object.assign(signsOut, { userId: undefined }))
    await call.set('same', Object.assign(underWay, { visits: 9 }))
    expect(await t.store.count('ada')).toBe(0)
    await call.set('same', Object.assign(signsOut, { visits: 2 }))
    expect(await call.get('same')).toEqual({ visits: 2, cookie: expect.any(Object) })
    await call.set('same', Object.assign(signsOut, { userId: 'bob' }))
    await call.set('same', Object.assign(await load(), { visits: 3 }))
    expect(await call.get('same')).toMatchObject({ userId: 'bob', visits: 3 })
  })

  test('that are refused to a new user are saved once that user may sign in', async () => {
    await call.set('same', { userId: 'ada', cookie: cookie() })
    const startedAt = await t.store.time()
    await t.store.revokeAll('bob', { credentialChange: true })
    const other = new ExpressStore({
      redis: t.redis,
      store: t.store,
      userOf: ({ userId = null, visits }) => ({ userId, ...(visits === 1 && { startedAt }) }),
    })
    const signsIn = (await promisify(other.load.bind(other))('same')) ?? expect.fail('There is no session')
    const save = (data: object) => promisify(other.set.bind(other))('same', Object.assign(signsIn, data))
    await expect(save({ userId: 'bob', visits: 1 })).rejects.toThrow(SessionSupersededError)
    t.clock.now = (await t.store.time()).getTime() + 1
    await save({ visits: 2 })
    expect(await call.get('same')).toMatchObject({ userId: 'bob', visits: 2 })
  })

  test('keep what another request saves while this one is touched', async () => {
    await call.set('busy', { userId: 'ada', visits: 1, cookie: cookie() })
    const touch: typeof t.store.touch = async (found) => {
      await call.set('busy', { userId: 'ada', visits: 2, cookie: cookie() })
      return t.store.touch(found)
    }
    const other = new ExpressStore({ redis: t.redis, store: { ...t.store, touch }, userOf: () => ({ userId: 'ada' }) })
    const later = cookie(new Date(t.clock.now + 60_000))
    await new Promise((resolve) => other.touch('busy', { cookie: later } as unknown as Stored, resolve))
    expect(await call.get('busy')).toMatchObject({ visits: 2, cookie: { expires: later.expires?.toISOString() } })
  })

  test('are written by a touch once in its interval, or once a tenth of their cookie is over', async () => {
    const stateOf = (sid: string) => call.get(sid).then((data) => JSON.stringify(data?.cookie))
    const save = (seconds: number) => ({ userId: 'ada', cookie: cookie(new Date(t.clock.now + seconds * 1_000)) })
    const writesOf = async (sid: string, seconds: number, steps: number) => {
      await call.set(sid, save(seconds))
      let writes = 0
      for (let step = 0; step < 10; step += 1) {
        t.clock.now += steps
        const before = await stateOf(sid)
        await call.touch(sid, save(seconds))
        if ((await stateOf(sid)) !== before) writes += 1
      }
      return writes
    }
    expect(await writesOf('long', 3_600, 1_000)).toBe(0)
    expect(await writesOf('minutes', 3_600, 60_000)).toBe(10)
    expect(await writesOf('short', 60, 1_000)).toBe(1)
  })

  test('that are saved without `startedAt` after a password change are accepted, whatever the clock of the server says', async () => {
    await t.store.revokeAll('ada', { credentialChange: true })
    await timeAfter(t.store)
    t.clock.now = Date.now() - 5_000
    await call.set('behind', { userId: 'ada', cookie: cookie() })
    expect(await t.store.count('ada')).toBe(1)
  })

  test('of a sign-in that began before a credential change are refused', async () => {
    const startedAt = await t.store.time()
    await t.store.revokeAll('ada', { credentialChange: true })
    const late = new ExpressStore({ redis: t.redis, store: t.store, userOf: () => ({ userId: 'ada', startedAt }) })
    const save = promisify(late.set.bind(late))
    await expect(save('late', { cookie: cookie() } as unknown as Stored)).rejects.toThrow(SessionSupersededError)
    expect(await t.store.count('ada')).toBe(0)
  })

  test('leave no session id in Redis', async () => {
    await call.set('secret-sid', { userId: 'ada', cookie: cookie() })
    const values = await Promise.all((await t.redis.keys('*')).map(async (key) => key + (await t.redis.dump(key))))
    expect(values.join()).not.toContain('secret-sid')
  })

  test('are an error while Redis gives no answer, and there again afterwards', async () => {
    await call.set('outage', { userId: 'ada', cookie: cookie() })
    await t.server.stop()
    await expect(call.get('outage')).rejects.toThrow('unavailable')
    await expect(call.set('outage', { cookie: cookie() })).rejects.toThrow('unavailable')
    await t.server.restart()
    await t.back()
  })
})

test('express-session itself: signs in, counts, revokes, and refuses the cookie from the next request on', async () => {
  const handle = session({ store: express, secret: 'a secret', resave: false, saveUninitialized: false })
  const http = createServer((request, response) => {
    // The types of express-session are those of Express, of which it needs nothing more.
    handle(request as never, response as never, (error?: unknown) => {
      const current = (request as unknown as { session?: session.Session & Partial<Stored> }).session
      if (error || !current) return void response.writeHead(503).end()
      if (request.url === '/sign-in') current.userId = 'ada'
      if (current.userId === undefined) return void response.writeHead(401).end()
      current.visits = (current.visits ?? 0) + 1
      response.end(String(current.visits))
    })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  try {
    const signedIn = await fetch(`${origin}/sign-in`)
    await signedIn.text() // its last byte follows the save; the cookie comes before
    const headers = { cookie: signedIn.headers.getSetCookie()[0]?.split(';')[0] ?? '' }
    expect(await (await fetch(origin, { headers })).text()).toBe('2')
    expect(await t.store.revokeAll('ada')).toBe(1)
    expect((await fetch(origin, { headers })).status).toBe(401)
  } finally {
    http.closeAllConnections()
    http.close()
  }
})
