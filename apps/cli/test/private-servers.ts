import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '@rollcall/dev-redis'
import { createSessionStore, type SessionStoreOptions } from '@rollcall/session-store'
import { Redis } from 'ioredis'
import { expect } from 'vitest'
import { createCommand } from './command.js'

/** A Redis and a folder of their own, with a store and the environment in which `rollcall` uses them. */
export async function startServers(options: Pick<SessionStoreOptions, 'keyPrefix' | 'onEvent'> = {}) {
  const server = await startRedis()
  const redis = new Redis(server.url, { commandTimeout: 10_000 })
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-cli-'))
  const { keyPrefix } = options
  const env = { REDIS_URL: server.url, DATA_DIR: folder, PLACES: 'off', ...(keyPrefix && { KEY_PREFIX: keyPrefix }) }
  const { run } = createCommand(() => env)
  expect(await run(['admins', 'list']), 'which makes the tables').toMatchObject({ code: 0 })
  return {
    redis,
    folder,
    env,
    store: createSessionStore({ redis, ...options }),
    async [Symbol.asyncDispose]() {
      redis.disconnect()
      await server.stop()
      await rm(folder, { recursive: true })
    },
  }
}
