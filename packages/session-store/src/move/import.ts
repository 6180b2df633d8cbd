import type { Cluster, Redis } from 'ioredis'
import { type Clock, systemClock } from '../record/clock.js'
import { prepareClient } from '../redis/connect.js'
import { rejectUnavailable, SessionStoreUnavailableError } from '../errors/errors.js'
import { clockKey, importedKey, importedTokenKey, sessionsKey } from '../record/keys.js'
import { deriveToken, hashOf, newPointer } from './imported-token.js'
import { encodeRecord, offsets, type SessionData } from '../record/record.js'
import { UNNAMED_OPERATION } from '../record/session-summary.js'
import { resolveTimeouts, type Timeouts } from '../record/timeouts.js'
import { parseToken, type TokenParts, userTagOf } from '../record/token.js'
import { createWriteCoalescer } from '../batching/write-coalescer.js'

export interface SessionImportOptions {
  /** The client of the store. */
  readonly redis: Redis | Cluster
  /** The clock of the store. Default: `Date.now`. */
  readonly clock?: Clock
  /** The same as those of the store. Default: `defaultTimeouts`. */
  readonly timeouts?: Partial<Timeouts>
  /** The key prefix of the store. Default: none. */
  readonly keyPrefix?: string
}

/** A session of another store, with its times and limits. */
export interface ImportedSession {
  /** The token that signs in with the other store. */
  readonly token: string
  readonly userId: string
  readonly createdAt: Date
  readonly lastSeenAt: Date
  /** When it ends without use. */
  readonly expiresAt: Date
  /** Whether use prolongs it, until the absolute timeout after its creation. */
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
 * Every method rejects with `SessionStoreUnavailableError` when Redis gives no answer, and may be repeated.
 */
export interface SessionImport {
  /**
   * Adds sessions, each at most once. The cap on sessions of a user applies at the next sign-in.
   *
   * @returns The outcome for each.
   * @throws {RangeError} for a user id, IP address or user agent above 55,294 characters, or a time before 1970 or after 10889.
   * Then it adds no session.
   */
  add(sessions: readonly ImportedSession[]): Promise<ImportOutcome[]>
  /** The token that takes the place of one of the other store; `null` if no such session was imported. */
  tokenOf(earlierToken: string): Promise<string | null>
  /** From now on, the earlier token signs in no more. `importedFrom` is the session's data under {@link IMPORTED_FROM}. */
  forget(importedFrom: string): Promise<void>
}

/** The name under which the data of an imported session holds the hash of its earlier token. */
export const IMPORTED_FROM = 'importedFrom'

/** The state that the methods of one import share. */
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
    add: (sessions) => addSessions(context, sessions),
    async tokenOf(earlierToken) {
      const pointer = await rejectUnavailable(redis.get(pointerOf(hashOf(earlierToken))))
      return pointer && deriveToken(pointer, earlierToken)
    },
    async forget(importedFrom) {
      await rejectUnavailable(redis.del(pointerOf(importedFrom)))
    },
  }
}

interface Prepared extends Pick<ImportedSession, 'token' | 'createdAt'> {
  readonly tag: string
  /** This and the next are in milliseconds from now. */
  readonly idleLife: number
  readonly absoluteLife: number
  /** Without the hash of a secret. `null` for a session that has expired. */
  readonly record: Buffer | null
}

interface Added extends Prepared {
  readonly outcome: ImportOutcome
  /** Empty for none. */
  readonly id: string
}

/**
 * Reads the watermark of all users after the sessions exist. So either an operation on all users finds the sessions, or the
 * import finds the watermark. Bad input is refused before anything is written. Otherwise, what was added beside it would miss that check.
 */
async function addSessions(context: ImportContext, sessions: readonly ImportedSession[]): Promise<ImportOutcome[]> {
  const { redis, clock, keyPrefix } = context
  const prepared = sessions.map((session) => prepareSession(context, session))
  const added = await Promise.all(prepared.map((session) => addSession(context, session)))
  const mark = await rejectUnavailable(redis.rollcallGlobalWatermark(1, clockKey(keyPrefix)))
  const operation = JSON.stringify(UNNAMED_OPERATION)
  return Promise.all(
    added.map(async ({ outcome, id, tag, createdAt }) => {
      if (id === '' || createdAt.getTime() > mark) return outcome
      const key = sessionsKey(keyPrefix, tag)
      await rejectUnavailable(redis.rollcallRevokeSelected(1, key, clock(), operation, '', '', '', id))
      return 'superseded'
    }),
  )
}

/** @throws {RangeError} for a text or a time that a record cannot hold. */
function prepareSession(context: ImportContext, session: ImportedSession): Prepared {
  const { token, userId, createdAt, lastSeenAt, expiresAt, ipAddress, userAgent, data } = session
  const now = context.clock()
  const idleDeadline = expiresAt.getTime()
  const absoluteDeadline = absoluteDeadlineOf(context, session)
  const prepared = {
    token,
    createdAt,
    tag: userTagOf(userId),
    idleLife: idleDeadline - now,
    absoluteLife: absoluteDeadline - now,
  }
  if (prepared.idleLife <= 0) return { ...prepared, record: null }
  const record = encodeRecord({
    secretHash: '',
    createdAt: createdAt.getTime(),
    lastSeenAt: lastSeenAt.getTime(),
    idleDeadline,
    absoluteDeadline,
    authenticatedAt: createdAt.getTime(),
    userId,
    ipAddress,
    userAgent,
    data: { ...data, [IMPORTED_FROM]: hashOf(token) },
  })
  return { ...prepared, record }
}

async function addSession(context: ImportContext, session: Prepared): Promise<Added> {
  const { redis, keyPrefix, coalesceWrites } = context
  const { tag, record, idleLife } = session
  if (record === null) return { ...session, outcome: 'expired', id: '' }
  const { sessionId, secretHash } = await tokenFor(context, session)
  record.write(secretHash, offsets.secretHash, 'latin1')
  coalesceWrites()
  const keys = [2, sessionsKey(keyPrefix, tag), importedKey(keyPrefix, tag)] as const
  const reply = await rejectUnavailable(redis.rollcallImport(...keys, sessionId, record, idleLife))
  return { ...session, outcome: reply === 1 ? 'imported' : reply === 0 ? 'known' : 'superseded', id: sessionId }
}

/** A session is never cut shorter than the other store would have. */
function absoluteDeadlineOf(
  { absoluteTimeout }: ImportContext,
  { createdAt, expiresAt, isProlonged }: ImportedSession,
): number {
  return isProlonged ? Math.max(expiresAt.getTime(), createdAt.getTime() + absoluteTimeout) : expiresAt.getTime()
}

/** The first of several attempts chooses the random key, so that all of them derive the same token. */
async function tokenFor(
  { redis, keyPrefix, coalesceWrites }: ImportContext,
  { token, tag, absoluteLife }: Prepared,
): Promise<TokenParts> {
  const pointer = newPointer(tag)
  coalesceWrites()
  const key = importedTokenKey(keyPrefix, hashOf(token))
  const earlier = await rejectUnavailable(redis.set(key, pointer, 'PX', absoluteLife, 'NX', 'GET'))
  const derived = parseToken(deriveToken(earlier ?? pointer, token) ?? '')
  if (derived === null) throw new SessionStoreUnavailableError(new Error('The key of an imported token cannot be read'))
  return derived
}
