import type { Cluster, Redis } from 'ioredis'
import { type Clock, systemClock } from './clock.js'
import { prepareClient } from './connect.js'
import { rejectUnavailable } from './errors.js'
import { clockKey, importedKey, importedTokenKey, sessionsKey } from './keys.js'
import { deriveToken, hashOf, newPointer } from './imported-token.js'
import { encodeRecord, type SessionData } from './record.js'
import { resolveTimeouts, type Timeouts } from './timeouts.js'
import { parseToken, type TokenParts, userTagOf } from './token.js'
import { createWriteCoalescer } from './write-coalescer.js'

export interface SessionImportOptions {
  /** The client of the store. */
  readonly redis: Redis | Cluster
  /** The clock of the store. Default: `Date.now`. */
  readonly clock?: Clock
  /** The same as those of the store. Default: `defaultTimeouts`. */
  readonly timeouts?: Partial<Timeouts>
  /** That of the store. Default: none. */
  readonly keyPrefix?: string
}

/** A session of another store, with its times and limits. */
export interface ImportedSession {
  /** The token that signs in with the other store. */
  readonly token: string
  readonly userId: string
  readonly createdAt: Date
  readonly lastSeenAt: Date
  /** When it ends without activity. */
  readonly expiresAt: Date
  /** Whether activity prolongs it, until the absolute timeout after its creation. */
  readonly isProlonged: boolean
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly data: SessionData
}

/**
 * `known`: it was imported before, and may have ended since. `superseded`: the credentials of its user changed after it was
 * created. Of these, only `imported` adds a session.
 */
export type ImportOutcome = 'imported' | 'known' | 'superseded' | 'expired'

/**
 * Imports sessions of another store, whose tokens sign in until the browser has the new one. The new token is derived from
 * the earlier one and from a random key in Redis: Redis alone yields no token, and neither does a backup of the other store.
 *
 * Every operation rejects with `SessionStoreUnavailableError` when Redis gives no answer, and may be repeated.
 */
export interface SessionImport {
  /**
   * Adds sessions, each at most once. The cap on sessions of a user applies at the next sign-in.
   *
   * @returns The outcome for each.
   * @throws {RangeError} for a user id, address or user agent above 55,294 characters.
   */
  add(sessions: readonly ImportedSession[]): Promise<ImportOutcome[]>
  /** The token that takes the place of one of the other store; `null` if no such session was imported. */
  tokenOf(earlierToken: string): Promise<string | null>
  /** From now on, the earlier token signs in no more. `importedFrom` is the session's data under {@link IMPORTED_FROM}. */
  forget(importedFrom: string): Promise<void>
}

/** The name under which the data of an imported session holds the hash of its earlier token. */
export const IMPORTED_FROM = 'importedFrom'

/** The state that the operations of one import share. */
interface ImportContext {
  readonly redis: Redis | Cluster
  readonly clock: Clock
  readonly absoluteTimeout: number
  readonly keyPrefix: string
  readonly coalesceWrites: () => void
}

/** @throws {RangeError} for timeouts that cannot be. */
export function createSessionImport(options: SessionImportOptions): SessionImport {
  const { redis, clock = systemClock, keyPrefix = '' } = options
  const { absolute } = resolveTimeouts(options.timeouts ?? {})
  prepareClient(redis)
  const coalesceWrites = createWriteCoalescer(redis)
  const context: ImportContext = { redis, clock, absoluteTimeout: absolute, keyPrefix, coalesceWrites }
  const pointerOf = (tokenHash: string): string => importedTokenKey(keyPrefix, tokenHash)

  return {
    add: (sessions) => rejectUnavailable(addSessions(context, sessions)),
    async tokenOf(earlierToken) {
      const pointer = await rejectUnavailable(redis.get(pointerOf(hashOf(earlierToken))))
      return pointer && deriveToken(pointer, earlierToken)
    },
    async forget(importedFrom) {
      await rejectUnavailable(redis.del(pointerOf(importedFrom)))
    },
  }
}

interface Added {
  readonly outcome: ImportOutcome
  readonly key: string
  readonly id: string
}

/**
 * Reads the watermark of all users after the sessions exist. So either an operation on all users finds the sessions, or the
 * import finds the watermark.
 */
async function addSessions(context: ImportContext, sessions: readonly ImportedSession[]): Promise<ImportOutcome[]> {
  const { redis, clock, keyPrefix } = context
  const added = await Promise.all(
    sessions.map(async (session) => ({ ...(await addSession(context, session)), createdAt: session.createdAt })),
  )
  const mark = await redis.rollcallGlobalWatermark(1, clockKey(keyPrefix))
  const operation = JSON.stringify({ id: '', reason: '' })
  return Promise.all(
    added.map(async ({ outcome, key, id, createdAt }) => {
      if (id === '' || createdAt.getTime() > mark) return outcome
      await redis.rollcallRevokeSelected(1, key, clock(), operation, '', id)
      return 'superseded'
    }),
  )
}

async function addSession(context: ImportContext, session: ImportedSession): Promise<Added> {
  const { redis, clock, keyPrefix, coalesceWrites } = context
  const { token, userId, createdAt, lastSeenAt, expiresAt, ipAddress, userAgent, data } = session
  const tag = userTagOf(userId)
  const key = sessionsKey(keyPrefix, tag)
  const now = clock()
  const idleDeadline = expiresAt.getTime()
  if (idleDeadline <= now) return { outcome: 'expired', key, id: '' }
  const absoluteDeadline = absoluteDeadlineOf(context, session)
  const importedFrom = hashOf(token)
  const { sessionId, secretHash } = await tokenFor(context, token, tag, absoluteDeadline - now)
  const times = { createdAt: createdAt.getTime(), lastSeenAt: lastSeenAt.getTime(), idleDeadline, absoluteDeadline }
  const record = {
    secretHash,
    ...times,
    authenticatedAt: times.createdAt,
    userId,
    ipAddress,
    userAgent,
    data: { ...data, [IMPORTED_FROM]: importedFrom },
  }
  coalesceWrites()
  const keys = [2, key, importedKey(keyPrefix, tag)] as const
  const reply = await redis.rollcallImport(...keys, sessionId, encodeRecord(record), idleDeadline - now)
  return { outcome: reply === 1 ? 'imported' : reply === 0 ? 'known' : 'superseded', key, id: sessionId }
}

/** A session is never cut shorter than the other store would have. */
function absoluteDeadlineOf(
  { absoluteTimeout }: ImportContext,
  { createdAt, expiresAt, isProlonged }: ImportedSession,
): number {
  return isProlonged ? Math.max(expiresAt.getTime(), createdAt.getTime() + absoluteTimeout) : expiresAt.getTime()
}

/** Of several attempts, the first one chooses the random key, so that all of them derive the same token. */
async function tokenFor(
  { redis, keyPrefix, coalesceWrites }: ImportContext,
  token: string,
  tag: string,
  lifetime: number,
): Promise<TokenParts> {
  const pointer = newPointer(tag)
  coalesceWrites()
  const earlier = await redis.set(importedTokenKey(keyPrefix, hashOf(token)), pointer, 'PX', lifetime, 'NX', 'GET')
  const derived = parseToken(deriveToken(earlier ?? pointer, token) ?? '')
  if (derived === null) throw new Error('The key of an imported token cannot be read')
  return derived
}
