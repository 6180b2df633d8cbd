import type { Cluster, Redis } from 'ioredis'
import type { Clock } from './clock.js'
import { SessionStoreUnavailableError } from './errors.js'
import { createLookupBatcher } from './lookup-batcher.js'
import { createNearCache } from './near-cache.js'
import { decodeRecord, type Details, encodeDetails, encodeRecord, type SessionData, type SessionRecord, type StoredRecord } from './record.js'
import { runOnMaster, runWithReplica } from './revocation.js'
import { defineScripts, type Keys } from './scripts.js'
import { superviseClient } from './supervise.js'
import { resolveTimeouts, type Timeouts } from './timeouts.js'
import { createWriteCoalescer } from './write-coalescer.js'
import { clockKey, eventsKey, sessionsKey } from './keys.js'
import { isSessionId, newSessionId, newToken, parseToken, sameHash, type TokenParts, userTagOf } from './token.js'

export interface SessionStoreOptions {
  /** A client of a single node, Sentinel or Cluster; `redisOptions` makes it fail fast. */
  readonly redis: Redis | Cluster
  readonly clock?: Clock
  readonly timeouts?: Partial<Timeouts>
  /**
   * When an ending (revoke, revokeOthers, revokeAll, rotate) is answered. `master`: as soon as the master has done
   * it; a failover to a replica that lags may undo it. `replicated`: once a replica holds it too; rejects with
   * {@link NotReplicatedError} when none says so within 75 ms. Default `master`.
   */
  readonly durability?: 'master' | 'replicated'
  /**
   * Lets `validate` answer from this process what Redis has told and not changed since. Redis tells of each change at
   * once; should that be lost, an ended session passes for at most a lease (milliseconds, default 1,000) longer.
   * Left out: every validation asks Redis.
   */
  readonly nearCache?: { readonly lease?: number }
  /** Put in front of every key, outside of the hash tag. */
  readonly keyPrefix?: string
  /**
   * A sign-in beyond this number ends the session that has been idle for longest. Default 100. Of a user with more than 500,
   * the idlest of 500 picked at random ends; then a cap that was lowered is reached over several sign-ins.
   */
  readonly maxSessionsPerUser?: number
  /**
   * Given, each change is also kept as an event in the step that makes it, until `createSessionEvents` hands it
   * over. Told of the user's tag after each step that may have kept one.
   */
  readonly onEvent?: (userTag: string) => void
  /** Told once of each record that cannot be read; never given its bytes. */
  readonly warn?: (message: string, details: { key: string; sessionId: string }) => void
}

/** One signed-in browser, as it may be shown: without its secret. */
export interface Session {
  /** Public handle: reveals nothing and signs nobody in. */
  readonly id: string
  readonly userId: string
  readonly createdAt: Date
  readonly lastSeenAt: Date
  /** When the person last proved who they are: at the sign-in, or since then at a `rotate` that says so. */
  readonly authenticatedAt: Date
  /** The earlier of the idle and the absolute deadline. */
  readonly expiresAt: Date
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly data: SessionData
}

export interface NewSession {
  readonly userId: string
  readonly ipAddress?: string | null
  readonly userAgent?: string | null
  readonly data?: SessionData
  /**
   * When the sign-in began: what {@link SessionStore.time} answered before the credentials were checked. Refused if they
   * changed since. Left out, it begins with this call.
   */
  readonly startedAt?: Date
  /** An absolute deadline earlier than the one that the timeouts give. */
  readonly endsBy?: Date
}

/** Why a session gets a new secret. */
export interface RotationReason {
  /** The user's other sessions end too, and sign-ins that began earlier create nothing. Default: false. */
  readonly credentialChange?: boolean
  /** The person has just proved again who they are. Default: true for a credential change. */
  readonly reauthenticated?: boolean
  /** Of a credential change. */
  readonly event?: NamedEvent
}

/**
 * Sessions in Redis, one hash per user. Every change is one atomic step; nothing that has ended is
 * ever brought back. Each operation costs one round trip, `update` and a credential change two. What ends sessions looks at 500 of a user at most:
 * of more than that, the others end unseen, count as live, and leave no event.
 *
 * Every operation rejects with {@link SessionStoreUnavailableError} when Redis gives no answer.
 */
export interface SessionStore {
  readonly timeouts: Timeouts
  /** The clock that deadlines are compared with. */
  readonly clock: Clock

  /**
   * The time by Redis' clock, which dates credential changes too: clocks of servers differ. In a Cluster, always that of
   * the same node.
   */
  time(): Promise<Date>
  /**
   * `null`: the user's credentials changed after the sign-in began; nothing was created.
   * @throws {RangeError} for a user id, address or user agent of more than 55,294 characters.
   */
  create(session: NewSession): Promise<{ token: string; session: Session } | null>
  /**
   * `null` for any token that does not sign in, never saying why. `strict`: asks Redis even with a near-cache, as
   * whatever ends or changes something should. Default: false.
   */
  validate(token: string, options?: { readonly strict?: boolean }): Promise<Session | null>
  /** Records activity and moves the idle deadline. Free of a round trip until a touch interval has passed. */
  touch(session: Session): Promise<boolean>
  /** Merges into the data of the session of a token, or of one that is listed. `null` when it has ended. */
  update(session: string | Pick<Session, 'userId' | 'id'>, data: SessionData): Promise<Session | null>
  /**
   * A new secret under the same session id; the old token is dead. `null` when the session has ended.
   */
  rotate(token: string, reason?: RotationReason): Promise<{ token: string; ended: number } | null>
  /** Every session that signs in, latest seen first. */
  list(userId: string): Promise<Session[]>
  count(userId: string): Promise<number>
  /** How many ended: 0 for an id that is unknown or another user's. */
  revoke(userId: string, sessionId: string, options?: Asked): Promise<0 | 1>
  /** How many ended; `null` when the calling session has ended itself: then nothing was done. */
  revokeOthers(token: string): Promise<number | null>
  /** How many ended. As a credential change, sign-ins that began earlier create nothing. */
  revokeAll(
    userId: string,
    options?: Asked & { readonly credentialChange?: boolean; readonly event?: NamedEvent },
  ): Promise<number>
}

export interface Asked {
  /** Id of the session that asked for it; told to those who watch. */
  readonly by?: string
}

/** What the application calls what happened, and where it came from; where events are kept, it is one of them. */
export interface NamedEvent extends Partial<Omit<Details, 'userId'>> {
  readonly name: string
}

const UPDATE_ATTEMPTS = 5
const REMEMBERED_WARNINGS = 1_000
const DEFAULT_LEASE = 1_000

/** @throws {RangeError} for timeouts, a cap or a lease that cannot be. */
export function createSessionStore(options: SessionStoreOptions): SessionStore {
  const { redis, clock = Date.now, keyPrefix = '', maxSessionsPerUser = 100, warn = console.warn } = options
  const { durability = 'master', onEvent, nearCache } = options
  const timeouts = resolveTimeouts(options.timeouts ?? {})
  if (!Number.isSafeInteger(maxSessionsPerUser) || maxSessionsPerUser < 1) {
    throw new RangeError('maxSessionsPerUser must be a whole number of at least 1')
  }
  superviseClient(redis)
  defineScripts(redis)
  const coalesceWrites = createWriteCoalescer(redis)
  const lookUp = createLookupBatcher(redis, coalesceWrites)
  const end = durability === 'replicated' ? runWithReplica(redis) : runOnMaster(redis)
  const near = nearCache && createNearCache({ redis, lookUp, keyPrefix, lease: nearCache.lease ?? DEFAULT_LEASE })

  const keyOf = (userTag: string): string => sessionsKey(keyPrefix, userTag)
  const keysOf = (userTag: string): Keys =>
    onEvent === undefined ? [1, keyOf(userTag)] : [2, keyOf(userTag), eventsKey(keyPrefix, userTag)]

  // Both also after a failure: without an answer, the change may well have been made, and its event may be there.
  /** What this process knew before its own change, it never goes by afterwards. */
  const written = async <T>(userTag: string, reply: Promise<T>): Promise<T> =>
    answered(reply).finally(() => near?.invalidate(userTag))
  const kept = async <T>(userTag: string, reply: Promise<T>): Promise<T> => written(userTag, reply).finally(() => onEvent?.(userTag))

  const warned = new Set<string>()
  function warnOnce(key: string, sessionId: string): void {
    if (warned.has(sessionId)) return
    if (warned.size >= REMEMBERED_WARNINGS) warned.clear()
    warned.add(sessionId)
    warn('A session record cannot be read; its session is treated as ended', { key, sessionId })
  }

  function read(userTag: string, sessionId: string, bytes: Buffer): StoredRecord | null {
    const record = decodeRecord(bytes)
    if (record === null) warnOnce(keyOf(userTag), sessionId)
    return record
  }

  const isOver = (record: SessionRecord): boolean => deadlineOf(record) <= clock()

  /** Whether this record lets in who came with its session's token; or, without a secret, whether it still counts. */
  const signsIn = (record: SessionRecord, { secretHash }: Named): boolean =>
    !isOver(record) && (secretHash === null || sameHash(record.secretHash, secretHash))

  // No async functions around the one promise: they took a tenth of a look-up.
  function find<T>(named: Named, found: (record: StoredRecord) => T): Promise<T | null> {
    const { userTag, sessionId } = named
    const reply = near ? near.fetch(userTag, sessionId) : lookUp(keyOf(userTag), sessionId)
    return reply.then((bytes) => {
      const record = bytes && read(userTag, sessionId, bytes)
      return record && signsIn(record, named) ? found(record) : null
    }, unavailable)
  }

  /** Lets pass or knows nothing: a new secret or a later deadline may not have been heard of. */
  function peek(parts: TokenParts): SessionRecord | null {
    const record = near?.peek(parts.userTag, parts.sessionId)
    return record && signsIn(record, parts) ? record : null
  }

  async function list(userId: string): Promise<Session[]> {
    const userTag = userTagOf(userId)
    coalesceWrites()
    const fields = await answered(redis.hgetallBuffer(keyOf(userTag)))
    return Object.entries(fields)
      .filter(([field]) => isSessionId(field))
      .flatMap(([id, bytes]) => {
        const record = read(userTag, id, bytes)
        return record === null || isOver(record) ? [] : [toSession(id, record)]
      })
      .toSorted((a, b) => b.lastSeenAt.getTime() - a.lastSeenAt.getTime())
  }

  const time = async (): Promise<number> => answered(redis.rollcallTime(1, clockKey(keyPrefix)))

  /**
   * A watermark in the future was set by another clock: by a server of an earlier version, or by Redis before its clock was
   * put back. It would refuse sign-ins until then. From now on it refuses those that began before now.
   */
  async function healWatermark(userTag: string, found: number): Promise<void> {
    const now = await time()
    if (found > now) await answered(redis.rollcallLowerWatermark(...keysOf(userTag), found, now))
  }

  return {
    timeouts,
    clock,
    list,
    time: async () => new Date(await time()),

    async create({ userId, ipAddress = null, userAgent = null, data = {}, startedAt, endsBy }) {
      const userTag = userTagOf(userId)
      const id = newSessionId()
      const { token, secretHash } = newToken(userTag, id)
      const now = clock()
      const absoluteDeadline = Math.min(now + timeouts.absolute, endsBy?.getTime() ?? Number.POSITIVE_INFINITY)
      const idleDeadline = Math.min(now + timeouts.idle, absoluteDeadline)
      const times = { createdAt: now, lastSeenAt: now, authenticatedAt: now, idleDeadline, absoluteDeadline }
      const bytes = encodeRecord({ secretHash, ...times, userId, ipAddress, userAgent, data })
      const refusedBy = await kept(
        userTag,
        redis.rollcallCreate(
          ...keysOf(userTag),
          id,
          bytes,
          now,
          startedAt?.getTime() ?? '',
          maxSessionsPerUser,
          Math.max(idleDeadline - now, 1),
        ),
      )
      if (refusedBy > 0) {
        await healWatermark(userTag, refusedBy)
        return null
      }
      return { token, session: toSession(id, { ...times, userId, ipAddress, userAgent, data }) }
    },

    validate(token, { strict = false } = {}) {
      const parts = parseToken(token)
      if (parts === null) return Promise.resolve(null)
      const known = strict ? null : peek(parts)
      if (known !== null) return Promise.resolve(toSession(parts.sessionId, known))
      return find(parts, (record) => toSession(parts.sessionId, record))
    },

    async touch({ userId, id, lastSeenAt }) {
      const now = clock()
      if (now - lastSeenAt.getTime() < timeouts.touchInterval) return false
      const userTag = userTagOf(userId)
      const touched = redis.rollcallTouch(...keysOf(userTag), id, now, timeouts.idle, timeouts.touchInterval)
      return (await written(userTag, touched)) === 1
    },

    async update(session, data) {
      const named = typeof session === 'string' ? parseToken(session) : byId(session)
      if (named === null) return null
      for (let attempt = 0; attempt < UPDATE_ATTEMPTS; attempt += 1) {
        const record = await find(named, (found) => found)
        if (record === null) return null
        const updated = { ...record, data: { ...record.data, ...data } }
        const { userTag, sessionId } = named
        const result = await written(
          userTag,
          redis.rollcallUpdate(...keysOf(userTag), sessionId, bytesOf(record.secretHash), clock(), record.details, encodeDetails(updated)),
        )
        if (result === 1) return toSession(sessionId, updated)
      }
      throw new SessionStoreUnavailableError(new Error('The session is being changed by too many requests at once'))
    },

    async rotate(token, { credentialChange = false, reauthenticated = credentialChange, event } = {}) {
      const parts = parseToken(token)
      if (parts === null) return null
      const { userTag, sessionId, secretHash } = parts
      const fresh = newToken(userTag, sessionId)
      const changedAt = credentialChange ? await time() : ''
      const now = clock()
      const authenticatedAt = reauthenticated ? now : ''
      const named = event?.name ?? ''
      const ended = await kept(
        userTag,
        end('rollcallRotate', keysOf(userTag), sessionId, bytesOf(secretHash), bytesOf(fresh.secretHash), now, changedAt, authenticatedAt, named),
      )
      return ended < 0 ? null : { token: fresh.token, ended }
    },

    async count(userId) {
      return (await list(userId)).length
    },

    async revoke(userId, sessionId, { by = '' } = {}) {
      if (!isSessionId(sessionId)) return 0
      const userTag = userTagOf(userId)
      return (await kept(userTag, end('rollcallRevoke', keysOf(userTag), sessionId, by))) === 1 ? 1 : 0
    },

    async revokeOthers(token) {
      const parts = parseToken(token)
      if (parts === null) return null
      const { userTag, sessionId, secretHash } = parts
      const ended = await kept(userTag, end('rollcallRevokeOthers', keysOf(userTag), sessionId, bytesOf(secretHash), clock()))
      return ended < 0 ? null : ended
    },

    async revokeAll(userId, { credentialChange = false, by = '', event } = {}) {
      const changedAt = credentialChange ? await time() : ''
      const userTag = userTagOf(userId)
      const named = [event?.name ?? '', event === undefined ? '' : encodeDetails({ userId, ...nowhere, ...event })] as const
      return kept(userTag, end('rollcallRevokeAll', keysOf(userTag), clock(), changedAt, by, ...named))
    },
  }
}

export const nowhere = { ipAddress: null, userAgent: null, data: {} }

/** A session by its token, or, without a secret, by its id. */
type Named = Omit<TokenParts, 'secretHash'> & { readonly secretHash: TokenParts['secretHash'] | null }

function byId({ userId, id }: Pick<Session, 'userId' | 'id'>): Named | null {
  return isSessionId(id) ? { userTag: userTagOf(userId), sessionId: id, secretHash: null } : null
}

const bytesOf = (hash: string): Buffer => Buffer.from(hash, 'latin1')

type Times = Pick<SessionRecord, 'createdAt' | 'lastSeenAt' | 'authenticatedAt' | 'idleDeadline' | 'absoluteDeadline'>

function toSession(id: string, record: Times & Pick<SessionRecord, 'userId' | 'ipAddress' | 'userAgent' | 'data'>): Session {
  return {
    id,
    userId: record.userId,
    createdAt: new Date(record.createdAt),
    lastSeenAt: new Date(record.lastSeenAt),
    authenticatedAt: new Date(record.authenticatedAt),
    expiresAt: new Date(deadlineOf(record)),
    ipAddress: record.ipAddress,
    userAgent: record.userAgent,
    data: record.data,
  }
}

function deadlineOf(times: Pick<Times, 'idleDeadline' | 'absoluteDeadline'>): number {
  return Math.min(times.idleDeadline, times.absoluteDeadline)
}

/** Whatever kept Redis from answering, the caller learns one thing: there is no answer. */
export async function answered<T>(reply: Promise<T>): Promise<T> {
  return reply.catch(unavailable)
}

function unavailable(error: unknown): never {
  throw error instanceof SessionStoreUnavailableError ? error : new SessionStoreUnavailableError(error)
}
