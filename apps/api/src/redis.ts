import { setTimeout as pause } from 'node:timers/promises'
import { checkRedis, redisOptions, UnsupportedRedisError } from '@rollcall/session-store'
import { Cluster, Redis } from 'ioredis'
import type { Settings } from './env.js'
import type { Log } from './log.js'
import { StartError } from './start-error.js'

/**
 * Connected and checked. Reconnects by itself from then on, and says so in the log.
 *
 * @param patience milliseconds until it must answer
 */
export async function connectRedis(
  where: Settings['redis'],
  patience: number,
  log: Log,
): Promise<{ redis: Redis | Cluster; close(): void }> {
  const setting = typeof where === 'string' ? 'REDIS_URL' : 'REDIS_CLUSTER_NODES'
  const redis =
    typeof where === 'string'
      ? new Redis(where, { ...redisOptions, lazyConnect: true })
      : new Cluster([...where], {
          redisOptions,
          enableOfflineQueue: false,
          lazyConnect: true,
          clusterRetryStrategy: redisOptions.retryStrategy,
        })

  let lastError: Error | undefined
  redis.on('error', (error: Error) => (lastError = error))
  try {
    const deadline = Date.now() + patience
    await ready(redis, patience)
    await checked(redis, deadline)
  } catch (error) {
    redis.disconnect()
    if (error instanceof UnsupportedRedisError) throw new StartError(`${setting}: ${error.message}`)
    const reason = lastError ?? (error instanceof Error ? error : undefined)
    throw new StartError(`${setting}: Redis does not answer${reason ? ` (${reason.message})` : ''}`)
  }

  let connected = true
  let closing = false
  redis.on('close', () => {
    if (connected && !closing) log.warn({ err: lastError }, 'The connection to Redis is lost')
    connected = false
  })
  redis.on('ready', () => {
    if (!connected) log.info('The connection to Redis is back')
    connected = true
    lastError = undefined
  })
  const close = (): void => {
    closing = true
    redis.disconnect()
  }
  return { redis, close }
}

async function ready(redis: Redis | Cluster, patience: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no connection')), patience)
  })
  const connected = new Promise<void>((resolve) => redis.once('ready', resolve))
  redis.connect().catch(() => undefined) // tries again by itself
  await Promise.race([connected, late]).finally(() => clearTimeout(timer))
}

/** An answer that comes too late, as on a busy machine, is no reason not to start. */
async function checked(redis: Redis | Cluster, deadline: number): Promise<void> {
  await checkRedis(redis).catch(async (error: unknown) => {
    if (error instanceof UnsupportedRedisError || Date.now() > deadline) throw error
    await pause(100)
    await checked(redis, deadline)
  })
}
