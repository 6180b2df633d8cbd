import { type Clock, createRedisClock } from '@rollcall/session-store'
import type { Cluster, Redis } from 'ioredis'
import type { Settings } from '../settings/env.js'
import type { Log } from '../log.js'
import type { OnClose, ServiceOptions } from '../service-options.js'
import { connectRedis } from './connect.js'

/** Connects to the Redis of the settings, and opens the clock that all servers share. */
export async function openRedis(
  { settings, log, clock, redisTimeoutMs = 10_000 }: ServiceOptions,
  onClose: OnClose,
): Promise<{ redis: Redis | Cluster; clock: Clock }> {
  const { redis, close } = await connectRedis(settings, redisTimeoutMs, log)
  onClose(async () => close())
  if (clock !== undefined) return { redis, clock }
  const shared = await startSharedClock(redis, settings, log)
  onClose(async () => shared.close())
  return { redis, clock: shared.now }
}

/** Sessions, proofs and activity are compared across servers, so their times are those of one clock. */
function startSharedClock(
  redis: Redis | Cluster,
  { keyPrefix }: Settings,
  log: Log,
): ReturnType<typeof createRedisClock> {
  const onSkew = (ahead: number): void => {
    const seconds = Math.round(Math.abs(ahead) / 1_000)
    log.warn(
      { aheadMs: ahead },
      `The clock of this server is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} that of Redis, which counts`,
    )
  }
  return createRedisClock({ redis, keyPrefix, onSkew })
}
