/* oxlint-disable max-lines -- Two servers on one Redis serve all of it; a second file would start two more. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createSessionChanges,
  createSessionStore,
  type SessionChange,
  type SessionChanges,
  userTagOf,
} from '@rollcall/session-store'
import { createStreams } from '@rollcall/devices'
import { startRedis } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, commandsOf, withRedis, PASSWORD, signUpDevice, startServer, type TestServer } from './helpers.js'

const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'
const chrome = { browser: 'Chrome', os: 'Windows' }

let server: TestServer
let twin: TestServer
beforeAll(async () => {
  server = await startServer()
  // On the same Redis and the same database, so that a session of one is one of the other.
  twin = await startServer({ redis: server.redis, env: { DATA_DIR: server.dataDir } })
})
afterAll(async () => {
  await twin[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const idOf = async (device: Browser): Promise<string> => (await device.api.session.current.query()).id

/** The same browser, whose requests another server answers. */
function on(other: TestServer, device: Browser): Browser {
  const same = other.browser()
  for (const [name, value] of device.jar) same.jar.set(name, value)
  return same
}

/** A bound against waiting for the next time that a stream asks by itself. `npm run measure:streams` says how fast it is. */
const promptly = 5_000
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const started = performance.now()
  const result = await work
  expect(performance.now() - started).toBeLessThan(milliseconds)
  return result
}

/** A laptop, and a phone whose stream is served by the other server. */
async function laptopAndPhone() {
  const laptop = await signUpDevice(server, { 'user-agent': CHROME })
  const phone = server.browser()
  await phone.signIn(laptop.email)
  const ids = { laptop: await idOf(laptop), phone: await idOf(phone) }
  const stream = await on(twin, phone).stream()
  expect(await stream.message()).toEqual([ids.phone, ids.laptop])
  return { laptop, phone, ids, stream }
}

describe('the list, within a second, on another server', () => {
  test('when a device signs in, becomes active, is revoked, signs out', async () => {
    const { laptop, phone, ids, stream } = await laptopAndPhone()
    const tablet = server.browser()
    await tablet.signIn(laptop.email)
    ids.laptop = await idOf(laptop)
    const tabletId = await idOf(tablet)
    expect(await within(promptly, stream.message())).toEqual([ids.phone, tabletId, ids.laptop])

    server.clock.ahead = 60_000 // the last use is written once a minute
    try {
      await laptop.api.devices.list.query()
    } finally {
      server.clock.ahead = 0
    }
    expect(await within(promptly, stream.message())).toEqual([ids.phone, ids.laptop, tabletId])

    await phone.api.devices.revoke.mutate({ id: tabletId })
    expect(await within(promptly, stream.message())).toEqual([ids.phone, ids.laptop])
    await laptop.post('/api/auth/sign-out', {})
    expect(await within(promptly, stream.message())).toEqual([ids.phone])
    await stream.close()
  })

  test('when another one expires, to the moment of its deadline', async () => {
    const { ids, stream } = await laptopAndPhone()
    await withRedis(server.redis, async (admin) => {
      // Bytes 45 to 50 are the idle deadline.
      const [key = ''] = await keysWith(admin, ids.laptop)
      const record = (await admin.hgetBuffer(key, ids.laptop)) ?? Buffer.alloc(0)
      record.writeUIntBE(Date.now() + 1_000, 45, 6)
      await admin.hset(key, ids.laptop, record)
      await admin.publish(key, JSON.stringify({ kind: 'updated', id: ids.laptop })) // makes the stream read the list
    })
    expect(await stream.message()).toHaveLength(2)
    expect(await within(promptly, stream.message())).toHaveLength(1)
    await stream.close()
  })

  test('does not reach a stranger', async () => {
    const { stream, laptop, ids } = await laptopAndPhone()
    const stranger = await signUpDevice(server)
    const theirs = await on(twin, stranger).stream()
    expect(await theirs.message()).toEqual([await idOf(stranger)])
    await laptop.api.devices.revoke.mutate({ id: ids.phone })
    expect(await stream.message()).toMatchObject({ type: 'ended' })
    await stranger.api.devices.revokeAll.mutate()
    expect(await theirs.message()).toMatchObject({ type: 'ended', cause: 'revoke-all' }) // and nothing before
  })
})

describe('the end of the session ends its streams, on another server, with the reason', () => {
  const revocations: [
    name: string,
    end: (p: Awaited<ReturnType<typeof laptopAndPhone>>) => Promise<unknown>,
    message: object,
  ][] = [
    [
      'revoked',
      ({ laptop, ids }) => laptop.api.devices.revoke.mutate({ id: ids.phone }),
      { cause: 'revoke', by: { isSelf: false, ...chrome } },
    ],
    [
      'all others logged out',
      ({ laptop }) => laptop.api.devices.revokeOthers.mutate(),
      { cause: 'revoke-others', by: { isSelf: false, ...chrome } },
    ],
    [
      'logged out everywhere',
      ({ laptop }) => laptop.api.devices.revokeAll.mutate(),
      { cause: 'revoke-all', by: { isSelf: false, ...chrome } },
    ],
    [
      'signed out itself',
      ({ phone }) => phone.post('/api/auth/sign-out', {}),
      { cause: 'revoke', by: { isSelf: true } },
    ],
    [
      'password changed elsewhere',
      ({ laptop }) =>
        laptop.post('/api/auth/change-password', { currentPassword: PASSWORD, newPassword: 'another good password' }),
      // Ended before the row is written, so that an outage stops the change; see the policy.
      { cause: 'revoke-others', by: { isSelf: false, ...chrome } },
    ],
  ]

  test.each(revocations)('%s', async (_name, end, message) => {
    const scene = await laptopAndPhone()
    const more = await on(server, scene.phone).stream()
    await more.message()
    await end(scene)
    for (const stream of [scene.stream, more]) {
      expect(await within(promptly, stream.message())).toMatchObject({
        type: 'ended',
        at: expect.any(String),
        ...message,
      })
      expect(await stream.next()).toEqual({ event: 'return', data: null })
      expect(await stream.next()).toBeNull()
    }
  })

  test('a new secret ends them without a reason, and the new cookie opens them again', async () => {
    const { laptop, ids } = await laptopAndPhone()
    const stream = await laptop.stream()
    await stream.message()
    await laptop.post('/api/auth/change-password', { currentPassword: PASSWORD, newPassword: 'another good password' })
    let message = await stream.message()
    while (Array.isArray(message)) message = await stream.message() // of the others, which have ended
    expect(message).toEqual({ event: 'return', data: null })
    expect(await (await laptop.stream()).message()).toEqual([ids.laptop])
  })
})

describe('what pub/sub does not report', () => {
  test('a session that is deleted by hand, with no message published, ends its streams within the interval', async () => {
    await using quick = await startServer({ revalidateEvery: 200 })
    const device = await signUpDevice(quick)
    const id = await idOf(device)
    const stream = await device.stream()
    expect(await stream.message()).toEqual([id])
    await withRedis(quick.redis, async (admin) => {
      for (const key of await keysWith(admin, id)) await admin.hdel(key, id)
    })
    expect(await within(promptly, stream.message())).toEqual({
      type: 'ended',
      cause: 'unknown',
      by: null,
      at: expect.any(String),
    })
  })

  test('a revocation ends them within the interval while the connection that listens is dead', async () => {
    await using ear = await startStoppableProxy(server.redis)
    await using deaf = await startServer({
      redis: server.redis,
      env: { DATA_DIR: server.dataDir, REDIS_URL: ear.path },
      revalidateEvery: 200,
    })
    const { laptop, phone, ids } = await laptopAndPhone()
    const stream = await on(deaf, phone).stream()
    expect(await stream.message()).toEqual([ids.phone, ids.laptop])
    ear.stop()
    await laptop.api.devices.revoke.mutate({ id: ids.phone })
    expect(await within(promptly, stream.message())).toMatchObject({ type: 'ended', cause: 'unknown' })
  })

  test('nor is each message still true: a revocation from before a session began does not end its streams', async () => {
    await using privateRedis = await startRedis()
    const redis = new Redis(privateRedis.url)
    const store = createSessionStore({ redis })
    const changes = createSessionChanges({ redis })
    const streams = createStreams({ store, changes, revalidateEvery: 200 })
    try {
      const device = await store.create({ userId: 'ada' })
      if (device === null) throw new Error('The sign-in was refused')
      const page = streams.open(device, undefined)
      await page.next()
      const key = `user:{${userTagOf('ada')}}:sessions`
      await redis.publish(key, '{"kind":"ended","cause":"revoke-all","allBut":null}') // as if it had been long on its way
      expect((await page.next()).value).toMatchObject({
        type: 'devices',
        devices: [{ id: device.session.id, isCurrent: true }],
      })
      await redis.del(key)
      expect((await page.next()).value).toMatchObject({ type: 'ended', cause: 'unknown' }) // that message said something else
    } finally {
      streams.close()
      changes.close()
      redis.disconnect()
    }
  })

  test('a revocation that is published just before the connection breaks is looked up all the same', async () => {
    await using privateRedis = await startRedis()
    const redis = new Redis(privateRedis.url)
    const store = createSessionStore({ redis })
    let publish: (change: SessionChange) => void = () => undefined
    const changes: Pick<SessionChanges, 'watch'> = {
      watch: (_, listener) => {
        publish = listener
        return () => undefined
      },
    }
    const streams = createStreams({ store, changes, revalidateEvery: 60_000 })
    try {
      const device = await store.create({ userId: 'ada' })
      if (device === null) throw new Error('The sign-in was refused')
      const page = streams.open(device, undefined)
      const first = page.next()
      publish({ kind: 'live' })
      expect((await first).value).toMatchObject({ type: 'devices' })
      const next = page.next()
      await store.revokeAll('ada')
      publish({ kind: 'ended', cause: 'revoke-all', allBut: null, by: null })
      publish({ kind: 'lost' })
      expect((await within(promptly, next)).value).toMatchObject({ type: 'ended', cause: 'revoke-all' })
    } finally {
      streams.close()
      redis.disconnect()
    }
  })

  test('a deadline that passes ends them, and says so', async () => {
    await using quick = await startServer({ revalidateEvery: 200 })
    const device = await signUpDevice(quick)
    const stream = await device.stream()
    await stream.message()
    quick.clock.ahead = 8 * 24 * 60 * 60 * 1_000
    expect(await within(promptly, stream.message())).toMatchObject({ type: 'ended', cause: 'expired' })
  })

  test('an open stream is no use of the session: neither its start nor what it asks', async () => {
    await using quick = await startServer({ revalidateEvery: 50 })
    const device = await signUpDevice(quick)
    const { email } = device
    const before = await device.api.devices.list.query()
    quick.clock.ahead = 5 * 60_000
    const stream = await device.stream()
    await stream.message()
    await quick.browser().signIn(email) // published, and looked up
    await stream.message()
    await withRedis(quick.redis, async (admin) => {
      await admin.config('RESETSTAT')
      // Looked at ten times.
      while (Number(/cmdstat_hget:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1] ?? 0) < 10)
        await admin.ping()
    })
    quick.clock.ahead = 0
    const after = (await device.api.devices.list.query()).find(({ isCurrent }) => isCurrent)
    expect(after?.lastSeenAt).toBe(before[0]?.lastSeenAt)
    await stream.close()
  })
})

/** Stands between a server and its Redis. Once stopped, nothing more comes through on connections that subscribe. */
async function startStoppableProxy({ url }: TestServer['redis']) {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-ear-'))
  const path = join(folder, 'redis.sock')
  let stopped = false
  const proxy = createServer((client) => {
    const redis = connect(url)
    let listens = false
    client.on('data', (bytes) => {
      listens ||= bytes.includes('subscribe')
      if (!(stopped && listens)) redis.write(bytes)
    })
    redis.on('data', (bytes) => {
      if (!(stopped && listens)) client.write(bytes)
    })
    for (const [one, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      one.on('error', () => undefined)
      one.on('close', () => other.destroy())
    }
  }).listen(path)
  await once(proxy, 'listening')
  return {
    path,
    stop: () => (stopped = true),
    async [Symbol.asyncDispose]() {
      proxy.close()
      await rm(folder, { recursive: true })
    },
  }
}

async function keysWith(admin: Redis, sessionId: string): Promise<string[]> {
  const keys = await admin.keys('user:*:sessions')
  const held = await Promise.all(keys.map((key) => admin.hexists(key, sessionId)))
  return keys.filter((_, at) => held[at] === 1)
}

describe('an outage is no sign-out', () => {
  test.each([
    [
      'killed',
      (redis: TestServer['redis']) => process.kill(redis.pid, 'SIGKILL'),
      (redis: TestServer['redis']) => redis.restart(),
    ],
    [
      'hung',
      (redis: TestServer['redis']) => process.kill(redis.pid, 'SIGSTOP'),
      async (redis: TestServer['redis']) => process.kill(redis.pid, 'SIGCONT'),
    ],
  ])(
    'a Redis that is %s makes streams wait, refuses new ones, and goes on when it is back',
    async (_kind, begin, end) => {
      await using redis = await startRedis({ persist: true })
      await using quick = await startServer({ redis, revalidateEvery: 200 })
      const device = await signUpDevice(quick)
      const id = await idOf(device)
      const stream = await device.stream()
      expect(await stream.message()).toEqual([id])
      begin(redis)
      try {
        expect(await stream.message()).toEqual({ type: 'waiting' })
        const refused = await (await device.stream()).message()
        expect(refused).toMatchObject({ event: 'serialized-error', data: { data: { code: 'SERVICE_UNAVAILABLE' } } })
      } finally {
        await end(redis)
      }
      expect(await stream.message()).toEqual([id])
      expect(quick.openStreams()).toBe(1)
      await stream.close()
    },
  )
})

describe('a stream', () => {
  test('is never kept, nor changed on its way, and says that it lives; its connection serves nothing else', async () => {
    const device = await signUpDevice(server)
    const { response, next, close } = await device.stream()
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      connection: 'close',
      'x-content-type-options': 'nosniff',
    })
    expect(await next()).toEqual({ event: 'connected', data: { reconnectAfterInactivityMs: 25_000 } })
    await close()
  })

  test.each(['cross-site', 'same-site'])('is not opened by a page that is %s', async (site) => {
    const response = await server.send('/trpc/devices.changes', {
      headers: { accept: 'text/event-stream', 'sec-fetch-site': site },
    })
    expect(response.status).toBe(403)
  })

  test('beyond ten of a session is refused, and one that is closed makes room', async () => {
    await using busy = await startServer()
    const device = await signUpDevice(busy)
    const streams = await Promise.all(Array.from({ length: 10 }, () => device.stream()))
    for (const stream of streams) expect(await stream.message()).toHaveLength(1)
    const refused = await device.stream()
    expect(await refused.message()).toMatchObject({
      event: 'serialized-error',
      data: { code: -32029, data: { code: 'TOO_MANY_REQUESTS', httpStatus: 429 } },
    })
    await streams[0]?.close()
    while (busy.openStreams() === 10) await new Promise((resolve) => setImmediate(resolve))
    expect(await (await device.stream()).message()).toHaveLength(1)
  })

  test('that its reader leaves is let go of, with the subscription', async () => {
    await using alone = await startServer()
    const device = await signUpDevice(alone)
    const stream = await device.stream()
    await stream.message()
    await stream.close()
    await withRedis(alone.redis, async (admin) => {
      while (((await admin.call('PUBSUB', 'CHANNELS')) as unknown[]).length > 0) await admin.ping()
    })
    expect(alone.openStreams()).toBe(0)
  })

  test('is notified in a turn of the event loop of its own, so that requests do not wait for a thousand of them', async () => {
    await using privateRedis = await startRedis()
    const redis = new Redis(privateRedis.url)
    const store = createSessionStore({ redis })
    const changes = createSessionChanges({ redis })
    const streams = createStreams({ store, changes })
    const devices = await Promise.all(Array.from({ length: 20 }, () => store.create({ userId: 'ada' })))
    const pages = devices.flatMap((device) => (device === null ? [] : [streams.open(device, undefined)]))
    let turn = 0
    let counting: NodeJS.Immediate | undefined
    try {
      await Promise.all(pages.map((page) => page.next()))
      counting = setImmediate(function next() {
        turn += 1
        counting = setImmediate(next)
      })
      const received = pages.map(async (page) => {
        const { value } = await page.next()
        return value?.type === 'devices' && value.devices.length === 21 ? turn : null
      })
      await store.create({ userId: 'ada' })
      const turns = await Promise.all(received)
      expect(turns).not.toContain(null)
      expect(new Set(turns).size).toBe(20)
    } finally {
      clearImmediate(counting)
      streams.close()
      changes.close()
      redis.disconnect()
    }
  })

  test('of a session that is revoked by its id costs one lookup more, and no list', async () => {
    await using privateRedis = await startRedis()
    const redis = new Redis(privateRedis.url)
    const store = createSessionStore({ redis })
    const changes = createSessionChanges({ redis })
    const streams = createStreams({ store, changes })
    try {
      const device = await store.create({ userId: 'ada' })
      if (device === null) throw new Error('The sign-in was refused')
      const page = streams.open(device, undefined)
      await page.next()
      const commands = await commandsOf(privateRedis, async () => {
        await store.revoke('ada', device.session.id)
        expect((await page.next()).value).toMatchObject({ type: 'ended', cause: 'revoke' })
      })
      // The commands of the script, the lookup, and nothing that grows with the devices of the user.
      expect(commands).toMatchObject({ hdel: 1, hget: 2, publish: 1 })
      expect(commands).not.toHaveProperty('hgetall')
    } finally {
      streams.close()
      changes.close()
      redis.disconnect()
    }
  })

  test('does not hold a shutdown up', async () => {
    const leaving = await startServer()
    const device = await signUpDevice(leaving)
    const stream = await device.stream()
    await stream.message()
    await within(promptly, leaving[Symbol.asyncDispose]())
    expect(await stream.next()).toEqual({ event: 'return', data: null })
    expect(await stream.next()).toBeNull()
  })
})
