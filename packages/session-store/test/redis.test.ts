import { createClient } from '@redis/client'
import { startRedis } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { describe, expect, test } from 'vitest'
import {
  checkRedis,
  connectRedis,
  createRedisClock,
  createSessionChanges,
  createSessionEvents,
  createSessionStore,
  redisOptions,
  UnsupportedRedisError,
} from '../src/index.js'

test('a Redis that may evict is refused by the name of its policy', async () => {
  await using server = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] })
  const redis = new Redis(server.url)
  await expect(checkRedis(redis)).rejects.toThrow(/allkeys-lru/)
  await redis.config('SET', 'maxmemory-policy', 'noeviction')
  await expect(checkRedis(redis)).resolves.toBeUndefined()
  redis.disconnect()
})

test.each([
  ['redis_version:6.2.14\r\nmaxmemory_policy:noeviction\r\n', /6\.2\.14 is too old/],
  ['maxmemory_policy:noeviction\r\n', /unknown version/],
  ['redis_version:7.2.4\r\nvalkey_version:8.1.0\r\nmaxmemory_policy:noeviction\r\n', null],
])('what a server says of itself: %j', async (info, refusal) => {
  // A server of another version cannot be started here, so what it would say is put in its mouth.
  const redis = Object.assign(new Redis({ lazyConnect: true }), { info: () => Promise.resolve(info) })
  if (refusal === null) return expect(checkRedis(redis)).resolves.toBeUndefined()
  await expect(checkRedis(redis)).rejects.toThrow(refusal)
  await expect(checkRedis(redis)).rejects.toBeInstanceOf(UnsupportedRedisError)
})

describe('to connect a client', () => {
  const clientOf = (url: string) => new Redis(url, { ...redisOptions, lazyConnect: true })

  test('checks its server, and gives the client', async () => {
    await using server = await startRedis()
    const client = clientOf(server.url)
    expect(await connectRedis(client)).toBe(client)
    expect(await client.ping()).toBe('PONG')
    await client.config('SET', 'maxmemory-policy', 'allkeys-lru')
    client.disconnect()

    const other = clientOf(server.url)
    await expect(connectRedis(other)).rejects.toThrow(/allkeys-lru/)
    await expect.poll(() => other.status).toBe('end')
  })

  test('rejects where nothing answers', async () => {
    const client = clientOf('redis://127.0.0.1:1')
    const cause = expect.objectContaining({ message: expect.stringContaining('ECONNREFUSED 127.0.0.1:1') })
    await expect(connectRedis(client)).rejects.toMatchObject({ name: 'SessionStoreUnavailableError', cause })
  })
})

describe('a client that the store cannot use is refused, with all that it lacks', () => {
  const olderClient = () => Object.assign(new Redis({ lazyConnect: true }), { setSocketTimeout: undefined }) // as in 5.3
  test.each([
    [
      'of node-redis',
      createClient,
      /lacks defineCommand, hget, hgetall, hlen, handleReconnection, setSocketTimeout: pass a client of ioredis/,
    ],
    ['of an older ioredis', olderClient, /lacks setSocketTimeout: pass a client of ioredis 5 \(5\.4 or newer\) or 6/],
    ['that is missing', () => undefined, /lacks on, once, off, connect/],
  ])('%s', async (_, create, message) => {
    const redis = create() as unknown as Redis // an application without types
    const refused = { name: 'UnsupportedRedisError', message: expect.stringMatching(message) }
    for (const start of [createSessionStore, createSessionChanges, createSessionEvents]) {
      expect(() => start({ redis })).toThrow(expect.objectContaining(refused))
    }
    await expect(createRedisClock({ redis })).rejects.toMatchObject(refused)
    await expect(connectRedis(redis)).rejects.toMatchObject(refused)
  })
})
