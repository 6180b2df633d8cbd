import type { Cluster, Redis } from 'ioredis'
import { type Clock, systemClock } from '../record/clock.js'
import { prepareClient } from '../redis/connect.js'
import { rejectUnavailable } from '../errors/errors.js'
import { eventsKey, sessionsKey } from '../record/keys.js'
import { createLookupBatcher } from '../batching/lookup-batcher.js'
import { createNearCache, type NearCache } from '../near-cache/near-cache.js'
import { decodeRecord, type StoredRecord } from '../record/record.js'
import { type RunRevocation, runOnMaster, runWithReplica } from './run-revocation.js'
import type { Keys } from '../scripts/scripts.js'
import type { SessionStoreOptions } from '../record/session.js'
import { resolveTimeouts, type Timeouts } from '../record/timeouts.js'
import { createWriteCoalescer } from '../batching/write-coalescer.js'

/** The state that the methods of one store share. */
export interface StoreContext {
  readonly redis: Redis | Cluster
  readonly clock: Clock
  readonly timeouts: Timeouts
  readonly maxSessionsPerUser: number
  readonly keyPrefix: string
  readonly nearCache: NearCache | undefined
  readonly runRevocation: RunRevocation
  /** Whether revocations have a connection of their own, to wait for a replica. */
  readonly isReplicated: boolean
  /** Call it before a command: the commands of one turn of the event loop leave in one write. */
  readonly coalesceWrites: () => void
  sessionsKeyOf(userTag: string): string
  /** For a script: the user's sessions, and the user's events if the store records any. */
  keysOf(userTag: string): Keys
  /** The bytes of one record, by way of the near-cache if there is one. */
  readonly fetchRecord: (userTag: string, sessionId: string) => Promise<Buffer | null>
  /** `null` for bytes that are no record; warns once. */
  decode(userTag: string, sessionId: string, bytes: Buffer): StoredRecord | null
  /** Awaits a write, then invalidates the user's cached records: a process must not read its own past. */
  write<T>(userTag: string, reply: Promise<T>): Promise<T>
  /** Like `write`, for a step that may append an event: calls `onEvent` as well. */
  writeWithEvent<T>(userTag: string, reply: Promise<T>): Promise<T>
}

const DEFAULT_MAX_SESSIONS = 100
const DEFAULT_LEASE_MS = 1_000

/** @throws {RangeError} for timeouts, a cap or a lease that cannot be. */
export function createContext(options: SessionStoreOptions): StoreContext {
  const {
    redis,
    clock = systemClock,
    keyPrefix = '',
    maxSessionsPerUser = DEFAULT_MAX_SESSIONS,
    durability,
    onEvent,
  } = options
  const timeouts = resolveTimeouts(options.timeouts ?? {})
  if (!Number.isSafeInteger(maxSessionsPerUser) || maxSessionsPerUser < 1) {
    throw new RangeError('maxSessionsPerUser must be a whole number of at least 1')
  }
  prepareClient(redis)
  const coalesceWrites = createWriteCoalescer(redis)
  const lookUp = createLookupBatcher(redis, coalesceWrites)
  const { lease = DEFAULT_LEASE_MS, observe = () => undefined } = options.nearCache ?? {}
  const nearCache = options.nearCache && createNearCache({ redis, lookUp, keyPrefix, lease, observe })
  const sessionsKeyOf = (userTag: string): string => sessionsKey(keyPrefix, userTag)
  const warnOnce = createWarning(options.warn ?? console.warn)

  // Even if the reply is an error: without an answer, Redis may have made the change all the same, with its event.
  const write = async <T>(userTag: string, reply: Promise<T>): Promise<T> =>
    rejectUnavailable(reply).finally(() => nearCache?.invalidate(userTag))

  return {
    redis,
    clock,
    timeouts,
    maxSessionsPerUser,
    keyPrefix,
    nearCache,
    coalesceWrites,
    isReplicated: durability === 'replicated',
    runRevocation: durability === 'replicated' ? runWithReplica(redis) : runOnMaster(redis),
    sessionsKeyOf,
    keysOf: (userTag) =>
      onEvent === undefined ? [1, sessionsKeyOf(userTag)] : [2, sessionsKeyOf(userTag), eventsKey(keyPrefix, userTag)],
    fetchRecord: nearCache?.fetch ?? ((userTag, sessionId) => lookUp(sessionsKeyOf(userTag), sessionId)),
    decode(userTag, sessionId, bytes) {
      const record = decodeRecord(bytes)
      if (record === null) warnOnce(sessionsKeyOf(userTag), sessionId)
      return record
    },
    write,
    writeWithEvent: async (userTag, reply) => write(userTag, reply).finally(() => onEvent?.(userTag)),
  }
}

const REMEMBERED_WARNINGS = 1_000

/** Warns once of each session, as far as a bounded set can remember. */
function createWarning(warn: NonNullable<SessionStoreOptions['warn']>) {
  const warned = new Set<string>()
  return (key: string, sessionId: string): void => {
    if (warned.has(sessionId)) return
    if (warned.size >= REMEMBERED_WARNINGS) warned.clear()
    warned.add(sessionId)
    warn('A session record cannot be read; its session is treated as ended', { key, sessionId })
  }
}
