import type { Cluster, ClientContext, Redis, Result } from 'ioredis'

/**
 * Attempts that are counted by their outcome. An attempt reserves a place while it is under way, and keeps it if it is
 * counted. So attempts at once cannot exceed the limit. The reservation is a lease: if a server dies, or cannot reach Redis,
 * its places are free again after `LEASE_MS`.
 *
 * Each subject has one sorted set. Its members are attempts: `?<id>` under way, `<id>` counted. The score is the time until
 * which the attempt takes a place, in milliseconds by the clock of Redis.
 */
export interface Attempts {
  reserve(key: string, points: number, id: string): Promise<ReserveReply>
  /** Holds the place for another `LEASE_MS`. */
  renew(key: string, id: string): Promise<unknown>
  /**
   * @param duration milliseconds for which the attempt counts from now on
   * @param most how many are stored; the latest stay. Default: all.
   */
  count(key: string, id: string, duration: number, most?: number): Promise<unknown>
  release(key: string, id: string): Promise<unknown>
  /** Forgets what was counted. */
  clear(key: string): Promise<unknown>
}

/** `busy`: places are left that attempts under way may give back. */
export type ReserveReply = 'reserved' | 'busy' | LimitReached

/** No place is left, and each is counted. */
export interface LimitReached {
  /** Milliseconds until a place is free. */
  readonly retryAfter: number
  /** How many attempts are counted. */
  readonly counted: number
}

/** Longer than a pause of the server, and short enough to wait for. */
export const LEASE_MS = 3_000
export const RENEW_MS = 1_000

declare module 'ioredis' {
  interface RedisCommander<Context extends ClientContext> {
    rollcallReserveAttempt(key: string, points: number, leaseMs: number, id: string): Result<[number, number], Context>
    rollcallHoldAttempt(
      key: string,
      member: string,
      forMs: number,
      onlyIf: 'XX' | '',
      replaced: string,
      most: number,
    ): Result<number, Context>
  }
}

const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function hold(member, forMs)
  redis.call('ZADD', KEYS[1], now + forMs, member)
  if redis.call('PTTL', KEYS[1]) < forMs then redis.call('PEXPIRE', KEYS[1], forMs) end
end
`

/**
 * KEYS: the attempts of a subject. ARGV: how many may count, the lease in ms, the id of the attempt.
 * Reply: -1 reserved, 0 busy, else the ms until a place is free; and how many are counted.
 */
const reserve = `${now}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local points = tonumber(ARGV[1])
if redis.call('ZCARD', KEYS[1]) < points then
  hold('?' .. ARGV[3], tonumber(ARGV[2]))
  return {-1, 0}
end
local counted = {}
local places = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #places, 2 do
  if string.sub(places[i], 1, 1) ~= '?' then
    counted[#counted + 1] = tonumber(places[i + 1])
  end
end
if #counted < points then return {0, #counted} end
return {counted[#counted - points + 1] - now, #counted}
`

/**
 * KEYS: the attempts of a subject. ARGV: a member; the ms to hold its place for; XX to hold only an existing one. Then a member to
 * remove, and how many to store or 0.
 */
const hold = `${now}
if ARGV[3] == 'XX' and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
if ARGV[4] ~= '' then redis.call('ZREM', KEYS[1], ARGV[4]) end
hold(ARGV[1], tonumber(ARGV[2]))
local most = tonumber(ARGV[5])
if most > 0 then redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -most - 1) end
return 1
`

export function createAttempts(redis: Redis | Cluster): Attempts {
  redis.defineCommand('rollcallReserveAttempt', { lua: reserve, numberOfKeys: 1 })
  redis.defineCommand('rollcallHoldAttempt', { lua: hold, numberOfKeys: 1 })
  return {
    async reserve(key, points, id) {
      const [retryAfter, counted] = await redis.rollcallReserveAttempt(key, points, LEASE_MS, id)
      if (retryAfter < 0) return 'reserved'
      return retryAfter === 0 ? 'busy' : { retryAfter, counted }
    },
    renew: (key, id) => redis.rollcallHoldAttempt(key, `?${id}`, LEASE_MS, 'XX', '', 0),
    count: (key, id, duration, most = 0) => redis.rollcallHoldAttempt(key, id, duration, '', `?${id}`, most),
    release: (key, id) => redis.zrem(key, `?${id}`),
    clear: (key) => redis.del(key),
  }
}
