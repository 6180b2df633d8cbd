import type { Cluster, Redis } from 'ioredis'
import { type Clock, systemClock } from '../record/clock.js'
import { nameInRedis } from '../redis/cluster.js'
import { prepareClient } from '../redis/connect.js'
import { rejectUnavailable } from '../errors/errors.js'
import { eventsKey, sessionsKey, sweepKey } from '../record/keys.js'
import { encodeDetails, noClientInfo } from '../record/record.js'
import { scanOnce } from '../redis/scan.js'
import type { Keys } from '../scripts/scripts.js'
import type { CustomEvent } from '../record/session.js'
import { parseEvent, type SessionEvent } from './session-event.js'
import { userTagOf } from '../record/token.js'

/**
 * The events of a store with `onEvent`: one hash per user, in the slot of the user's sessions.
 * About the last 1,000 of a user wait there. They expire 30 days after the latest one.
 *
 * Every method rejects with `SessionStoreUnavailableError` when Redis gives no answer.
 */
export interface SessionEvents {
  /** Appends an event that changed no session. */
  append(userId: string, event: CustomEvent, sessionId?: string): Promise<void>
  /**
   * Deletes the user's expired sessions and appends an event for each: Redis does not notice a deadline by itself. Costs one
   * round trip per 500 sessions of the user.
   */
  expireSessions(userId: string): Promise<void>
  /** Up to 100 events, oldest first, after the event with that id. `last` is the id to continue after; `null` at the end. */
  read(userTag: string, after?: string): Promise<{ events: SessionEvent[]; last: string | null }>
  /** Removes events that are stored elsewhere by now. It may be repeated. */
  acknowledge(userTag: string, ids: readonly string[]): Promise<void>
  /** The tag of every user with events, some of them more than once. It scans all keys. */
  pendingUsers(): AsyncGenerator<string>
  /** Tries to acquire the sweep lease: of all servers, at most one per interval gets true. An operation ends the interval early. */
  acquireSweepLease(milliseconds: number): Promise<boolean>
  /**
   * Renews it while the sweep goes on, or begins the interval anew after it.
   *
   * @returns `false` if an operation has asked for a sweep since. Then sweep all keys once more. The lease is not renewed.
   */
  renewSweepLease(milliseconds: number): Promise<boolean>
}

export interface SessionEventsOptions {
  /** The client of the store. */
  readonly redis: Redis | Cluster
  /** The clock of the store, which decides whether a session has expired. Default: `Date.now`. */
  readonly clock?: Clock
  /** The key prefix of the store. Default: none. */
  readonly keyPrefix?: string
  /** Called for each event that cannot be read, each time; it stays in Redis. Default: `console.warn`. */
  readonly warn?: (message: string, details: { key: string; id: string }) => void
}

const MAX_BATCH = 100

export function createSessionEvents({
  redis,
  clock = systemClock,
  keyPrefix = '',
  warn = console.warn,
}: SessionEventsOptions): SessionEvents {
  prepareClient(redis)
  const keysOf = (userTag: string): Keys => [2, sessionsKey(keyPrefix, userTag), eventsKey(keyPrefix, userTag)]

  return {
    async append(userId, event, sessionId = '') {
      const details = encodeDetails({ userId, ...noClientInfo, ...event })
      await rejectUnavailable(redis.rollcallAppendEvent(...keysOf(userTagOf(userId)), event.name, sessionId, details))
    },

    async expireSessions(userId) {
      let cursor = '0'
      do cursor = await rejectUnavailable(redis.rollcallExpireSessions(...keysOf(userTagOf(userId)), clock(), cursor))
      while (cursor !== '0')
    },

    async read(userTag, after) {
      const key = eventsKey(keyPrefix, userTag)
      const found = await rejectUnavailable(redis.rollcallReadEvents(1, key, after ?? '', MAX_BATCH))
      const ids = found.filter((_, at) => at % 2 === 0)
      const events = ids.flatMap((id, at) => {
        const event = parseEvent(id, found[2 * at + 1] ?? '')
        if (event === null) warn('An event of sessions cannot be read', { key, id })
        return event ?? []
      })
      return { events, last: ids.length < MAX_BATCH ? null : (ids.at(-1) ?? null) }
    },

    async acknowledge(userTag, ids) {
      if (ids.length > 0) await rejectUnavailable(redis.hdel(eventsKey(keyPrefix, userTag), ...ids))
    },

    async *pendingUsers() {
      const [before = '', behind = ''] = nameInRedis(redis, eventsKey(keyPrefix, '\n')).split('\n')
      for await (const keys of scanOnce(redis, before, behind)) {
        for (const key of keys) yield key.slice(before.length, -behind.length)
      }
    },

    async acquireSweepLease(milliseconds) {
      return (await rejectUnavailable(redis.set(sweepKey(keyPrefix), '', 'PX', milliseconds, 'NX'))) === 'OK'
    },

    async renewSweepLease(milliseconds) {
      return (await rejectUnavailable(redis.set(sweepKey(keyPrefix), '', 'PX', milliseconds, 'XX'))) === 'OK'
    },
  }
}
