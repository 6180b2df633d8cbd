import { startRedis } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { checkRedis, UnsupportedRedisError } from '../src/index.js'

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
