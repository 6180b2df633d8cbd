import type { Cluster, Redis } from 'ioredis'
import { type Clock, systemClock } from '../record/clock.js'
import { clockKey } from '../record/keys.js'
import { prepareClient } from './connect.js'

/** A clock that all servers on one Redis share, however far apart the clocks of their machines are. */
export interface RedisClock {
  /**
   * The clock of this machine while it agrees with that of Redis, else the clock of Redis as last measured. Costs no round
   * trip. After a sleep or a step of the clock it is the later of two guesses, and Redis is asked at once.
   */
  readonly now: Clock
  close(): void
}

export interface RedisClockOptions {
  /** The client of the store. */
  readonly redis: Redis | Cluster
  /** The key prefix of the store. Default: none. */
  readonly keyPrefix?: string
  /** The clock of this machine. Default: `Date.now`. */
  readonly clock?: Clock
  /**
   * Called if the clock of this machine differs by more than a second from that of Redis. `ahead` is in milliseconds, and
   * negative for a clock that is behind. Called again after an hour, or if the difference changes by more than a second.
   * Default: nothing.
   */
  readonly onSkew?: (ahead: number) => void
  /** Milliseconds between two measurements. Default: 10 s. */
  readonly interval?: number
}

const INTERVAL_MS = 10_000
/** Until the next measurement, after one that failed or was discarded. */
const RETRY_MS = 250
const WARNING_INTERVAL_MS = 60 * 60 * 1_000
/** Clocks that differ by less count as equal: the round trip makes a measurement that uncertain. */
const TOLERANCE_MS = 1_000

/** One moment on the clocks of this machine. The monotonic clock stops while the machine sleeps; the local one can be set. */
interface Moment {
  readonly local: number
  readonly monotonic: number
}

/** A moment, and the time of Redis then. */
interface Measurement extends Moment {
  readonly redis: number
}

/** Measures once before it resolves. Until a measurement succeeds, the clock is that of this machine. */
export async function createRedisClock(options: RedisClockOptions): Promise<RedisClock> {
  const { redis, keyPrefix = '', clock = systemClock, onSkew, interval = INTERVAL_MS } = options
  prepareClient(redis)
  const moment = (): Moment => ({ local: clock(), monotonic: performance.now() })
  const warn = createSkewWarning(onSkew)
  let latest: Measurement | null = null
  let isMeasuring = false
  let isClosed = false
  let timer: NodeJS.Timeout | undefined

  async function measure(): Promise<void> {
    if (isMeasuring || isClosed) return
    isMeasuring = true
    clearTimeout(timer)
    const sent = moment()
    const time = await redis.rollcallTime(1, clockKey(keyPrefix)).catch(() => null)
    const received = moment()
    isMeasuring = false
    const roundTrip = progress(sent, received)
    // A long round trip does not say when Redis read its clock: the process was paused, or the machine slept.
    const isGood = time !== null && Math.max(roundTrip.monotonic, Math.abs(roundTrip.local)) <= TOLERANCE_MS
    if (isGood) {
      latest = { ...received, redis: time + roundTrip.monotonic / 2 }
      warn(latest)
    }
    if (!isClosed) timer = setTimeout(() => void measure(), isGood ? interval : RETRY_MS).unref()
  }

  await measure()
  return {
    now() {
      const now = moment()
      if (latest === null) return now.local
      const { local, monotonic } = progress(latest, now)
      const disagree = Math.abs(local - monotonic) > TOLERANCE_MS
      if (disagree) void measure()
      // After a sleep the later time is right; after a step of the clock, a deadline passes early until Redis answers.
      const shared = latest.redis + (disagree ? Math.max(local, monotonic) : monotonic)
      return Math.abs(now.local - shared) <= TOLERANCE_MS ? now.local : Math.round(shared)
    },
    close() {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

/** Milliseconds from one moment to another, on each clock. */
function progress(from: Moment, to: Moment): Moment {
  return { local: to.local - from.local, monotonic: to.monotonic - from.monotonic }
}

/** Calls `onSkew` if the difference has changed, or if the last call was an hour ago. */
function createSkewWarning(onSkew: RedisClockOptions['onSkew']) {
  let warned = { ahead: 0, at: Number.NEGATIVE_INFINITY }
  return ({ local, redis, monotonic }: Measurement): void => {
    const ahead = local - redis
    if (Math.abs(ahead) <= TOLERANCE_MS) return
    const hasChanged = Math.abs(ahead - warned.ahead) > TOLERANCE_MS
    if (!hasChanged && monotonic - warned.at < WARNING_INTERVAL_MS) return
    warned = { ahead, at: monotonic }
    onSkew?.(Math.round(ahead))
  }
}
