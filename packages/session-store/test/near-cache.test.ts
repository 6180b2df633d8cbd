import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { startRedis } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import { createSessionStore, defaultTimeouts, redisOptions, SessionStoreUnavailableError, type SessionStoreOptions } from '../src/index.js'
import { RecordCache } from '../src/record-cache.js'
import { RETRY_MS } from '../src/tracking.js'
import { happens, startStore } from './helpers.js'

/** Milliseconds, longer than any test: the push of Redis decides, not the lease. */
const LONG = 60_000
/** Milliseconds, shorter than a command may take: the lease decides, not a timeout. */
const SHORT = 150

/** One connection on its way to Redis. */
interface Way {
  isTracking: boolean
  /** Keeps what Redis sends, until it is called again. */
  hold(): () => void
  /** Half open: nothing arrives any more, in either direction, and neither end learns of it. */
  swallow(): void
}

async function startWays(redis: string) {
  const open = new Set<Way>()
  let arriving: (() => void)[] | undefined
  const listener = createServer((near) => {
    const far = connect(redis)
    let held: Buffer[] | undefined
    let swallowed = false
    const way: Way = {
      isTracking: false,
      hold() {
        held = []
        return () => {
          for (const chunk of held ?? []) near.write(chunk)
          held = undefined
        }
      },
      swallow: () => (swallowed = true),
    }
    open.add(way)
    arriving?.push(way.hold())
    near.on('data', (chunk) => {
      way.isTracking ||= chunk.includes('TRACKING')
      if (!swallowed) far.write(chunk)
    })
    far.on('data', (chunk) => {
      if (swallowed) return
      if (held) held.push(chunk)
      else near.write(chunk)
    })
    for (const [one, other] of [[near, far], [far, near]] as const) {
      one.on('error', () => undefined)
      one.on('close', () => {
        other.destroy()
        open.delete(way)
      })
    }
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo // it listens on a port
  return {
    port,
    open,
    /** Holds what Redis sends to each connection that is made during `work`: what lets it go, in their order. */
    async holdNew(work: () => Promise<void>): Promise<(() => void)[]> {
      const held = (arriving = [])
      await work()
      arriving = undefined
      return held
    },
    close: () => void listener.close(),
  }
}

/** Another server's store, `t.store`; and one with a near-cache, whose two connections a test can hold. */
async function startNear(lease: number, options: Partial<SessionStoreOptions> = {}, clientPrefix = '') {
  const t = await startStore(options)
  const ways = await startWays(t.server.url)
  const redis = new Redis(ways.port, { ...redisOptions, commandTimeout: 10_000, socketTimeout: 10_000, keyPrefix: clientPrefix, lazyConnect: true })
  redis.on('error', () => undefined)
  const lines: Redis[] = []
  const duplicate = redis.duplicate.bind(redis)
  redis.duplicate = (...args) => {
    const line = duplicate(...args)
    lines.push(line)
    return line
  }
  await redis.connect()
  const store = createSessionStore({ redis, clock: () => t.clock.now, ...options, nearCache: { lease } })
  const way = (isTracking: boolean): Way => {
    const [found] = [...ways.open].filter((one) => one.isTracking === isTracking)
    if (found === undefined) throw new Error('There is no such connection')
    return found
  }
  const asked = async (work: () => Promise<unknown>) => (await t.commandsOf(work))['hget'] ?? 0
  return {
    ...t,
    near: store,
    nearRedis: redis,
    way,
    holdNew: ways.holdNew,
    /** All tracking connections so far. */
    lines,
    /** The latest of them. */
    line(): Redis {
      const line = lines.at(-1)
      if (line === undefined) throw new Error('Nothing is tracked')
      return line
    },
    /** How often Redis was asked for a session. */
    asked,
    /** Resolves once a session is remembered. */
    async remembers(token: string): Promise<void> {
      while ((await asked(async () => expect(await store.validate(token)).not.toBeNull())) > 0);
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect()
      ways.close()
      await t[Symbol.asyncDispose]()
    },
  }
}

type Near = Awaited<ReturnType<typeof startNear>>

/** A cached answer takes no turn of the event loop, so that no message could arrive. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Asks until the token is refused, and answers when the last call began that passed. */
async function lastPass({ near }: Near, token: string): Promise<number> {
  for (let last = Number.NEGATIVE_INFINITY; ; ) {
    const began = performance.now()
    if ((await near.validate(token)) === null) return last
    last = began
    await turn()
  }
}

test('what is remembered costs no round trip; what is strict always costs one', async () => {
  await using t = await startNear(LONG)
  const { token, session } = await t.signIn()
  await t.remembers(token)
  const commands = await t.commandsOf(async () => {
    for (let n = 0; n < 100; n += 1) expect(await t.near.validate(token)).toEqual(session)
  })
  expect(commands).toEqual({})
  expect(await t.asked(() => t.near.validate(token, { strict: true }))).toBe(1)
})

test('who is given a session may change it: it is theirs alone', async () => {
  await using t = await startNear(LONG)
  for (const data of [{}, { theme: { dark: true } }]) {
    const { token, session } = await t.signIn('ada', { data })
    await t.remembers(token)
    const found = await t.near.validate(token)
    found?.expiresAt.setTime(0)
    Object.assign(found?.data ?? {}, { theme: 'changed' })
    expect(await t.near.validate(token)).toEqual(session)
  }
})

test('a lease that cannot be is refused', async () => {
  await using t = await startStore()
  for (const lease of [0, -1, 0.5, Number.NaN]) expect(() => createSessionStore({ redis: t.redis, nearCache: { lease } })).toThrow(RangeError)
})

describe('an ending elsewhere', () => {
  const endings = {
    revoke: (t: Near, id: string) => t.store.revoke('ada', id),
    'revoke others': async (t: Near) => t.store.revokeOthers((await t.signIn()).token),
    'revoke all': (t: Near) => t.store.revokeAll('ada'),
    'an operator’s DEL': async (t: Near) => t.redis.del(await t.keys()),
    'an operator’s FLUSHALL': (t: Near) => t.redis.flushall(),
  }
  test.each(Object.entries(endings))('is told by Redis: %s', async (_, end) => {
    await using t = await startNear(LONG)
    const { token, session } = await t.signIn()
    await t.remembers(token)
    await end(t, session.id)
    await lastPass(t, token)
  })

  test.each([
    ['', 'app:'],
    ['client:', ''],
    ['client:', 'app:'],
  ])('is told where keys have a prefix: that of the client %j, that of the store %j', async (clientPrefix, keyPrefix) => {
    await using t = await startNear(LONG, { keyPrefix }, clientPrefix)
    const signedIn = await t.near.create({ userId: 'ada' })
    const { token } = signedIn ?? { token: '' }
    await t.remembers(token)
    await t.redis.del(await t.keys())
    await lastPass(t, token)
  })
})

describe('a read that races with its own invalidation is not remembered', () => {
  test.each([1, 2])('the push is here before the answer, of %j look-ups in one turn', async (together) => {
    await using t = await startNear(LONG)
    const [ada, bob, carl] = [await t.signIn('ada'), await t.signIn('bob'), await t.signIn('carl')]
    await t.remembers(bob.token)
    const release = t.way(false).hold()
    const reading = Promise.all([ada, carl].slice(0, together).map(({ token }) => t.near.validate(token)))
    while (!(await t.redis.info('commandstats')).includes(`cmdstat_hget:calls=${together},`)) await turn()
    const pushed = once(t.line(), 'messageBuffer')
    await t.store.revoke('ada', ada.session.id)
    await pushed
    release()
    expect(await reading).toEqual([ada, carl].slice(0, together).map(({ session }) => session)) // they lived when the call began
    expect(await t.near.validate(ada.token)).toBeNull()
  })

  test('the answer is here before the push', async () => {
    await using t = await startNear(LONG)
    const { token, session } = await t.signIn()
    await t.remembers((await t.signIn('bob')).token)
    const release = t.way(true).hold()
    await t.near.validate(token)
    await t.store.revoke('ada', session.id)
    expect(await t.near.validate(token)).not.toBeNull() // the push is under way: for as long as the lease allows
    release()
    await lastPass(t, token)
  })
})

describe('with what Redis tells held back,', () => {
  async function startHeld(options: Partial<SessionStoreOptions> = {}) {
    const t = await startNear(LONG, options)
    const signedIn = await t.signIn()
    await t.remembers(signedIn.token)
    t.way(true).hold()
    return { t, ...signedIn }
  }

  const own = {
    revoke: (t: Near, _: string, id: string) => t.near.revoke('ada', id),
    'revoke others': async (t: Near) => t.near.revokeOthers((await t.signIn()).token),
    'revoke all': (t: Near) => t.near.revokeAll('ada'),
    rotate: (t: Near, token: string) => t.near.rotate(token),
    'a sign-in beyond the cap': (t: Near) => {
      t.clock.now += 1
      return t.near.create({ userId: 'ada' })
    },
  }
  test.each(Object.entries(own))('a process never reads its own past: %s', async (_, end) => {
    const { t: held, token, session } = await startHeld({ maxSessionsPerUser: 2 })
    await using t = held
    t.clock.now += 1
    if (end === own['a sign-in beyond the cap']) await t.signIn()
    await end(t, token, session.id)
    expect(await t.near.validate(token)).toBeNull()
  })

  test('nor what it wrote before', async () => {
    const { t: held, token, session } = await startHeld()
    await using t = held
    await t.near.update(token, { a: 1 })
    expect(await t.near.validate(token)).toMatchObject({ data: { a: 1 } })
    t.clock.now += defaultTimeouts.touchInterval
    expect(await t.near.touch(session)).toBe(true)
    expect((await t.near.validate(token))?.lastSeenAt.getTime()).toBe(t.clock.now)
  })

  test('what is remembered lets pass and refuses nobody: a new secret, a later deadline', async () => {
    const { t: held, token, session } = await startHeld()
    await using t = held
    t.clock.now += defaultTimeouts.touchInterval
    await t.store.touch(session)
    t.clock.now += defaultTimeouts.idle - 1
    expect(await t.near.validate(token)).toMatchObject({ id: session.id })
    const rotated = await t.store.rotate(token)
    expect(await t.near.validate(rotated?.token ?? '')).toMatchObject({ id: session.id })
  })

  test('the secret and the deadlines are still compared', async () => {
    const { t: held, token } = await startHeld()
    await using t = held
    expect(await t.near.validate(`${token.slice(0, 38)}${'x'.repeat(43)}`)).toBeNull()
    t.clock.now += defaultTimeouts.idle
    expect(await t.near.validate(token)).toBeNull()
  })

  test('a strict call sees the end, and whoever asks after it', async () => {
    const { t: held, token, session } = await startHeld()
    await using t = held
    await t.store.revoke('ada', session.id)
    expect(await t.near.validate(token)).not.toBeNull()
    expect(await t.near.validate(token, { strict: true })).toBeNull()
    expect(await t.near.validate(token)).toBeNull()
  })
})

describe('a session that has ended passes for no longer than the lease', () => {
  test('where the tracking connection is half open', async () => {
    await using t = await startNear(SHORT)
    const { token, session } = await t.signIn()
    await t.remembers(token)
    t.way(true).swallow()
    await t.store.revoke('ada', session.id)
    const ended = performance.now()
    expect((await lastPass(t, token)) - ended).toBeLessThan(SHORT)
  })

  test('where nothing gets through on either connection', async () => {
    await using t = await startNear(SHORT)
    const { token, session } = await t.signIn()
    await t.remembers(token)
    const [data, tracking] = [t.way(false), t.way(true)]
    data.swallow()
    tracking.swallow()
    await t.store.revoke('ada', session.id)
    const ended = performance.now()
    t.nearRedis.options.commandTimeout = 50
    let last = ended
    for (let began = ended, passed = true; passed; began = performance.now()) {
      passed = await t.near.validate(token).then((found) => found !== null, () => false)
      if (passed) last = began
      await turn()
    }
    expect(last - ended).toBeLessThan(SHORT)
  })

  test('where Redis hangs: then it is an outage, and over with it', async () => {
    await using t = await startNear(SHORT)
    const { token } = await t.signIn()
    await t.remembers(token)
    t.nearRedis.options.commandTimeout = 50
    process.kill(t.server.pid, 'SIGSTOP')
    const hung = performance.now()
    let last = hung
    const passes = async (): Promise<void> => {
      for (;;) {
        const began = performance.now()
        await t.near.validate(token)
        last = began
        await turn()
      }
    }
    await expect(passes()).rejects.toBeInstanceOf(SessionStoreUnavailableError)
    expect(last - hung).toBeLessThan(SHORT)
    process.kill(t.server.pid, 'SIGCONT')
    await t.back()
    t.nearRedis.options.commandTimeout = 10_000
    await t.remembers(token)
  })
})

describe('on any doubt everything is forgotten', () => {
  test('the tracking connection is lost', async () => {
    await using t = await startNear(LONG)
    const { token, session } = await t.signIn()
    await t.remembers(token)
    t.way(true).swallow()
    await t.store.revoke('ada', session.id)
    const lost = happens(t.line(), 'end')
    await t.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await lost
    expect(await t.near.validate(token)).toBeNull()
    await t.remembers((await t.signIn()).token) // and it comes back
  })

  test('the connection of the store is lost', async () => {
    await using t = await startNear(LONG)
    const { token, session } = await t.signIn()
    await t.remembers(token)
    t.way(true).swallow()
    await t.store.revoke('ada', session.id)
    const back = happens(t.nearRedis, 'ready')
    await t.redis.call('CLIENT', 'KILL', 'ID', await t.nearRedis.client('ID'))
    await back
    expect(await t.near.validate(token)).toBeNull()
    await t.remembers((await t.signIn()).token)
  })

  test('both are lost, and to track anew falls due while the store has no connection: it is tracked over one', async () => {
    await using t = await startNear(LONG)
    const { token } = await t.signIn()
    await t.remembers(token)
    const lost = happens(t.line(), 'end')
    await t.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await lost
    const back = happens(t.nearRedis, 'ready')
    const [releaseStore, ...releaseLines] = await t.holdNew(async () => {
      const due = sleep(RETRY_MS) // begins later than that of the tracking, so it is over later
      await t.redis.call('CLIENT', 'KILL', 'ID', await t.nearRedis.client('ID'))
      await due
      while (t.nearRedis.status !== 'connect') await turn()
    })
    releaseStore?.()
    await back
    for (const release of releaseLines) release()
    await t.remembers(token)
    while (t.lines.some(({ status, mode }) => status !== 'end' && mode !== 'subscriber')) await turn()
    const subscribed = async () => String(await t.redis.client('LIST', 'TYPE', 'PUBSUB')).trim().split('\n')
    await expect.poll(subscribed, { timeout: 10_000 }).toHaveLength(1)
  })

  test('Redis was killed, and is back with nothing', async () => {
    await using t = await startNear(LONG)
    const { token } = await t.signIn()
    await t.remembers(token)
    const back = happens(t.nearRedis, 'ready')
    process.kill(t.server.pid, 'SIGKILL')
    await t.server.restart()
    await back
    expect(await t.near.validate(token)).toBeNull()
  })

  test('the two connections lead to different servers: then nothing is ever remembered', async () => {
    await using other = await startRedis()
    await using t = await startStore()
    const lines: Redis[] = []
    t.redis.duplicate = () => {
      const line = new Redis(other.url, { ...redisOptions, protocol: 2, lazyConnect: true, retryStrategy: () => null })
      lines.push(line)
      return line
    }
    const near = createSessionStore({ redis: t.redis, clock: () => t.clock.now, nearCache: {} })
    const { token } = await t.signIn()
    while (lines.length < 3) {
      const { hget } = await t.commandsOf(() => near.validate(token))
      expect(hget).toBe(1)
    }
  })
})

describe('memory is bounded', () => {
  const at = { createdAt: 1, lastSeenAt: 2, authenticatedAt: 3, idleDeadline: 4, absoluteDeadline: 5 }
  const record = { ...at, secretHash: 'h'.repeat(32), userId: 'ada', ipAddress: null, userAgent: 'a'.repeat(500), data: {} }

  test('by the bytes of the records; whoever was asked for longest ago makes room', () => {
    const cache = new RecordCache()
    for (let user = 0; user < 30_000; user += 1) {
      cache.beginRead(`user ${user}`, 'session')(record)
      expect(cache.get('user 0', 'session')).not.toBeNull()
    }
    const kept = Array.from({ length: 30_000 }, (_, user) => cache.get(`user ${user}`, 'session')).filter((found) => found !== null)
    expect(kept.length).toBeGreaterThan(15_000)
    expect(kept.length * 1_700).toBeLessThan(32 * 1024 * 1024)
    expect(cache.get('user 1', 'session')).toBeNull()
    expect(cache.get('user 29999', 'session')).toMatchObject(record)
  })

  test('nothing is kept of a token but the names in it', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const kept: string[] = []
    await using t = await startNear(LONG, { onEvent: (userTag) => kept.push(userTag) })
    const users = Array.from({ length: 50 }, (_, n) => `user ${n}`)
    const rotating = await Promise.all(users.map((user) => t.signIn(user)))
    const remembered = await Promise.all(users.map((user) => t.signIn(user)))
    await t.remembers(remembered[0]?.token ?? '')
    // In a header that is as long as none is, so that it shows.
    const fromHeader = (token: string): string => `${token}; ${'x'.repeat(1024 * 1024)}`.slice(0, token.length)
    collect()
    const before = process.memoryUsage().heapUsed
    for (const { token } of rotating) await t.near.rotate(fromHeader(token))
    for (const { token } of remembered) kept.push((await t.near.validate(fromHeader(token)))?.id ?? '')
    collect()
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(10 * 1024 * 1024)
    expect(kept.slice(-users.length)).toEqual(remembered.map(({ session }) => session.id))
    expect(kept).toHaveLength(4 * users.length)
  })

  test('and what is no session takes none', () => {
    const cache = new RecordCache()
    for (let n = 0; n < 10; n += 1) cache.beginRead('user', `session ${n}`)(null)
    expect(cache.get('user', 'session 1')).toBeNull()
    cache.beginRead('user', 'session')(record)
    cache.invalidate('user')
    cache.clear()
    expect(cache.bytes).toBe(0)
  })
})
