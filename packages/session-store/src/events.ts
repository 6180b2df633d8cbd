import type { Cluster, Redis } from 'ioredis'
import { type Actor, isObject, parseJson, toActor } from './changes.js'
import type { Clock } from './clock.js'
import { mastersOf } from './cluster.js'
import { eventsKey, sessionsKey, sweepKey } from './keys.js'
import { encodeDetails } from './record.js'
import { defineScripts, type Keys } from './scripts.js'
import { answered, type NamedEvent, nowhere } from './store.js'
import { superviseClient } from './supervise.js'
import { userTagOf } from './token.js'

/** Something that happened to a user's sessions, with what there is to call each device by. Holds no secret. */
export type SessionEvent = {
  /** Unique for the user, and in the order in which things happened when compared as text. */
  readonly id: string
  /** By the clock of Redis; where a session expired, its deadline. */
  readonly at: Date
} & What

type What =
  | { readonly kind: 'created'; readonly session: Actor }
  | {
      readonly kind: 'ended'
      readonly session: Actor
      /** As in `SessionChange`, or `expired`. */
      readonly cause: string
      /** The session that asked for it, if one did: for a sign-out the one that ended. */
      readonly by: Actor | null
    }
  /** What the application calls it. The id is empty where it came from no session. */
  | { readonly kind: 'noted'; readonly name: string; readonly by: Actor }

/**
 * The events that a store with `onEvent` keeps: one stream per user, in the slot of the user's sessions.
 * They wait there for 30 days, and no more than about 1,000 of a user.
 *
 * Every operation rejects with `SessionStoreUnavailableError` when Redis gives no answer.
 */
export interface SessionEvents {
  /** Keeps an event that changed no session. */
  note(userId: string, event: NamedEvent, sessionId?: string): Promise<void>
  /**
   * Ends what has expired, so that it becomes an event: Redis knows of no deadline by itself. One round trip for about
   * 500 sessions of the user.
   */
  prune(userId: string): Promise<void>
  /** Oldest first, up to 100, those after the id of another one. */
  read(userTag: string, after?: string): Promise<{ events: SessionEvent[]; last: string | null }>
  /** Takes away what is kept elsewhere by now. Harmless when it was taken before. */
  take(userTag: string, ids: readonly string[]): Promise<void>
  /** The tag of every user who has events, some of them more than once; by a scan of all keys. */
  waiting(): AsyncGenerator<string>
  /** Whether it is this server's turn to scan: of all that ask, one is told so in so many milliseconds. */
  takeTurn(milliseconds: number): Promise<boolean>
}

export interface SessionEventsOptions {
  readonly redis: Redis | Cluster
  readonly clock?: Clock
  /** That of the store. */
  readonly keyPrefix?: string
  /** Told each time that an event is met that cannot be read; it stays where it is. */
  readonly warn?: (message: string, details: { key: string; id: string }) => void
}

const BATCH = 100
const SCAN = 1_000

export function createSessionEvents({ redis, clock = Date.now, keyPrefix = '', warn = console.warn }: SessionEventsOptions): SessionEvents {
  superviseClient(redis)
  defineScripts(redis)
  const keysOf = (userTag: string): Keys => [2, sessionsKey(keyPrefix, userTag), eventsKey(keyPrefix, userTag)]

  return {
    async note(userId, event, sessionId = '') {
      const details = encodeDetails({ userId, ...nowhere, ...event })
      await answered(redis.rollcallAppendEvent(...keysOf(userTagOf(userId)), event.name, sessionId, details))
    },

    async prune(userId) {
      let cursor = '0'
      do cursor = await answered(redis.rollcallExpireSessions(...keysOf(userTagOf(userId)), clock(), cursor))
      while (cursor !== '0')
    },

    async read(userTag, after) {
      const key = eventsKey(keyPrefix, userTag)
      const entries = await answered(redis.xrange(key, after === undefined ? '-' : `(${toStreamId(after)}`, '+', 'COUNT', BATCH))
      const events = entries.flatMap(([streamId, fields]) => {
        const event = toEvent(streamId, fields)
        if (event === null) warn('An event of sessions cannot be read', { key, id: streamId })
        return event ?? []
      })
      const last = entries.length < BATCH ? undefined : entries.at(-1)?.[0]
      return { events, last: last === undefined ? null : toId(last) }
    },

    async take(userTag, ids) {
      if (ids.length > 0) await answered(redis.rollcallAcknowledgeEvents(...keysOf(userTag), ...ids.map(toStreamId)))
    },

    async *waiting() {
      const [before = '', behind = ''] = eventsKey(keyPrefix, '\n').split('\n')
      for (const node of mastersOf(redis)) {
        let cursor = '0'
        do {
          const [next, keys] = await answered(node.scan(cursor, 'MATCH', `${escaped(before)}*${escaped(behind)}`, 'COUNT', SCAN))
          for (const key of keys) yield key.slice(before.length, -behind.length)
          cursor = next
        } while (cursor !== '0')
      }
    },

    async takeTurn(milliseconds) {
      return (await answered(redis.set(sweepKey(keyPrefix), '', 'PX', milliseconds, 'NX'))) === 'OK'
    },
  }
}

/** Two numbers, `<ms>-<n>`, at a width at which they compare as text. */
function toId(streamId: string): string {
  const [ms = '', n = ''] = streamId.split('-')
  return `${ms.padStart(15, '0')}-${n.padStart(6, '0')}`
}

function toStreamId(id: string): string {
  return id.split('-').map(Number).join('-')
}

function escaped(pattern: string): string {
  return pattern.replaceAll(/[\\*?[\]^]/g, String.raw`\$&`)
}

function toEvent(streamId: string, fields: readonly string[]): SessionEvent | null {
  const named = Object.fromEntries(fields.flatMap((name, n) => (n % 2 === 0 ? [[name, fields[n + 1] ?? '']] : [])))
  const what = toWhat(parseJson(named['event'] ?? ''))
  const at = new Date(Number(named['at'] || streamId.split('-')[0]))
  return what === null || Number.isNaN(at.getTime()) ? null : { id: toId(streamId), at, ...what }
}

function toWhat(event: unknown): What | null {
  if (!isObject(event)) return null
  const { kind, cause, name } = event
  const [session, by] = [toActor(event['session']), toActor(event['by'])]
  if (kind === 'created' && session !== null) return { kind, session }
  if (kind === 'ended' && session !== null && typeof cause === 'string') return { kind, session, cause, by }
  if (kind === 'noted' && by !== null && typeof name === 'string') return { kind, name, by }
  return null
}
