import { startRedis } from '@rollcall/dev-redis'
import { createSessionStore, type SessionChange, type SessionChanges, userTagOf } from '@rollcall/session-store'
import { createStreams } from '@rollcall/devices'
import { Redis } from 'ioredis'
import { afterEach, expect, test, vi } from 'vitest'
import { commandsOf, signUpDevice, startServer } from './helpers.js'

afterEach(() => vi.restoreAllMocks())

test('NEAR_CACHE_LEASE_MS is the lease: so long, and no longer, queries ask Redis nothing about their session', async () => {
  const lease = 90_000 // longer than this test takes, and by far longer than the default
  await using server = await startServer({ env: { NEAR_CACHE_LEASE_MS: String(lease) } })
  const { api } = await signUpDevice(server)
  await server.flush()
  const hgets = async () => (await commandsOf(server.redis, () => api.session.current.query()))['hget'] ?? 0
  while ((await hgets()) > 0);
  const now = performance.now.bind(performance)
  const ahead = vi.spyOn(performance, 'now')
  ahead.mockImplementation(() => now() + lease * 0.5)
  expect(await hgets()).toBe(0)
  ahead.mockImplementation(() => now() + lease)
  expect(await hgets()).toBe(1)
})

test('a stream asks Redis whether its session lives, though a near-cache has it and is not notified', async () => {
  await using privateRedis = await startRedis()
  const redis = new Redis(privateRedis.url)
  const other = new Redis(privateRedis.url)
  const duplicate = redis.duplicate.bind(redis)
  const lines: Redis[] = []
  redis.duplicate = (...args) => {
    const line = duplicate(...args)
    lines.push(line)
    return line
  }
  await redis.ping()
  const store = createSessionStore({ redis, nearCache: { lease: 4_000_000 } })
  const [tracking] = lines
  const signedIn = await store.create({ userId: 'ada' })
  if (signedIn === null || tracking === undefined) throw new Error('The sign-in was refused, or nothing is tracked')
  const remembers = async () =>
    (await commandsOf(privateRedis, () => store.validate(signedIn.token)))['hget'] === undefined
  while (!(await remembers()));
  const streams = createStreams({ store, changes: live, revalidateEvery: 50 })
  try {
    const page = streams.open(signedIn, undefined)
    expect((await page.next()).value).toMatchObject({ type: 'devices' })
    tracking.stream.pause() // the messages of Redis about the change are not read
    await other.del(`user:{${userTagOf('ada')}}:sessions`)
    expect(await store.validate(signedIn.token), 'a query passes until the lease is over').not.toBeNull()
    expect((await page.next()).value).toMatchObject({ type: 'ended' })
  } finally {
    streams.close()
    redis.disconnect()
    other.disconnect()
  }
})

/** Publishes no change, as if each message were lost. */
const live: Pick<SessionChanges, 'watch'> = {
  watch(_, listener: (change: SessionChange) => void) {
    listener({ kind: 'live' })
    return () => undefined
  },
}
