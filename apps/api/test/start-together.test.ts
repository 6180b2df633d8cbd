import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '@rollcall/dev-redis'
import { expect, test } from 'vitest'
import { databaseOf, SECRET, startServer } from './helpers.js'
import { runServer } from './processes.js'

test('servers that start at once on an empty database all start, as processes of their own', async () => {
  await using redis = await startRedis()
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-together-'))
  const env = { DATA_DIR: dataDir, REDIS_URL: redis.url, BETTER_AUTH_SECRET: SECRET, ...(await databaseOf(dataDir)) }
  const servers = await Promise.all(Array.from({ length: 3 }, () => runServer(env)))
  for (const server of servers) await server[Symbol.asyncDispose]()
  for (const { output } of servers) expect(output()).toContain('is listening on')
  await rm(dataDir, { recursive: true, force: true })
}, 60_000)

test('servers that start at once in one process all start', async () => {
  await using redis = await startRedis()
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-together-'))
  const starts = await Promise.allSettled(
    Array.from({ length: 3 }, () => startServer({ redis, env: { DATA_DIR: dataDir } })),
  )
  for (const start of starts) if (start.status === 'fulfilled') await start.value.close()
  expect(starts.flatMap((start) => (start.status === 'rejected' ? [String(start.reason)] : []))).toEqual([])
  await rm(dataDir, { recursive: true, force: true })
})
