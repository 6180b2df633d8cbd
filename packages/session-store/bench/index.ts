import { machine } from '@rollcall/dev-bench'
import { startRedis } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { connectRedis, redisOptions } from '../src/index.js'
import { flat } from './flat.js'
import { memory } from './memory.js'
import { operationsBySize } from './operations.js'
import { validate } from './validate.js'

const benches = { validate, flat, operations: operationsBySize, memory }
const [only] = process.argv.slice(2)

await using server = await startRedis()
const redis = new Redis(server.url, {
  ...redisOptions,
  commandTimeout: 30_000,
  socketTimeout: 30_000,
  lazyConnect: true,
})
await connectRedis(redis)
const [, version = ''] = /redis_version:(\S+)/.exec(await redis.info('server')) ?? []
console.log(`${machine()}, Redis ${version} on a unix socket\n`)
for (const [name, bench] of Object.entries(benches)) {
  if (only !== undefined && only !== name) continue
  await redis.flushall()
  await bench(redis)
}
redis.disconnect()
