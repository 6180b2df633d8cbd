import type { Cluster, Redis } from 'ioredis'
import type { Clock } from './clock.js'
import { clockKey } from './keys.js'
import { defineScripts } from './scripts.js'

/** A clock that all servers on one Redis share, however far apart those of their machines are. */
export interface RedisClock {
  /** The clock of this machine while it agrees with Redis'; else Redis', as last measured. Costs no round trip. */
  readonly now: Clock
  close(): void
}

export interface RedisClockOptions {
  readonly redis: Redis | Cluster
  /** That of the store. */
  readonly keyPrefix?: string
  /** The clock of this machine. Default: `Date.now`. */
  readonly clock?: Clock
  /**
   * Called with how far (ms) the clock of this machine is ahead of Redis', negative when it is behind: as soon as that is
   * more than a second, then at most once an hour or when it has changed by more than a second.
   */
  readonly onSkew?: (ahead: number) => void
  /** Milliseconds between two measurements. Default: 10 s. */
  readonly interval?: number
}

const INTERVAL_MS = 10_000
const WARNING_INTERVAL_MS = 60 * 60 * 1_000
/** Clocks that differ by less agree: the way to Redis and back makes a measurement that uncertain. */
const TOLERANCE_MS = 1_000

/** Measures once before it resolves. Until a measurement succeeds, this machine's clock is taken as it is. */
export async function createRedisClock(options: RedisClockOptions): Promise<RedisClock> {
  const { redis, keyPrefix = '', clock = Date.now, onSkew, interval = INTERVAL_MS } = options
  defineScripts(redis)
  /** Redis' time minus `performance.now()`, which no step of this machine's clock moves. */
  let base: number | null = null
  let warned = { ahead: 0, at: Number.NEGATIVE_INFINITY }

  async function measure(): Promise<void> {
    const sent = performance.now()
    const time = await redis.rollcallTime(1, clockKey(keyPrefix)).catch(() => null) // the next one may succeed
    if (time === null) return
    const received = performance.now()
    base = time - (sent + received) / 2
    warn(clock() - base - received, received)
  }

  function warn(ahead: number, at: number): void {
    if (Math.abs(ahead) <= TOLERANCE_MS) return
    const isNews = Math.abs(ahead - warned.ahead) > TOLERANCE_MS
    if (!isNews && at - warned.at < WARNING_INTERVAL_MS) return
    warned = { ahead, at }
    onSkew?.(Math.round(ahead))
  }

  await measure()
  const timer = setInterval(() => void measure(), interval).unref()
  return {
    now() {
      const local = clock()
      if (base === null) return local
      const shared = base + performance.now()
      return Math.abs(local - shared) <= TOLERANCE_MS ? local : Math.round(shared)
    },
    close: () => clearInterval(timer),
  }
}
