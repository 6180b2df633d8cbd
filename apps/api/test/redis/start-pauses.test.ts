import { startRedis } from '@rollcall/dev-redis'
import { expect, test } from 'vitest'
import { createLog } from '../../src/log.js'
import { connectRedis } from '../../src/redis/connect.js'
import { readSettings } from '../../src/settings/env.js'

const TIMEOUT_MS = 200

/** Holds this process, as a start on a busy machine does. */
const pauseProcess = (milliseconds: number) =>
  void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)

test('a process that pauses while it connects takes no pause for a silent Redis', async () => {
  await using server = await startRedis()
  const settings = readSettings({
    REDIS_URL: server.url,
    REDIS_COMMAND_TIMEOUT_MS: String(TIMEOUT_MS),
    REDIS_SOCKET_TIMEOUT_MS: String(2 * TIMEOUT_MS),
  })
  const pauses = setInterval(() => pauseProcess(3 * TIMEOUT_MS), 0)
  const connecting = connectRedis(settings, 10_000, createLog({ write: () => undefined }))
  const { redis, close } = await connecting.finally(() => clearInterval(pauses))
  expect(await redis.ping()).toBe('PONG')
  close()
})
