import type { Cluster, Redis } from 'ioredis'
import type { Clock } from './clock.js'
import type { Details, SessionData } from './record.js'
import type { Timeouts } from './timeouts.js'

export interface SessionStoreOptions {
  /** A client of a single node, Sentinel or Cluster; `redisOptions` makes it fail fast. */
  readonly redis: Redis | Cluster
  /** The clock that deadlines are compared with. Default: `Date.now`. */
  readonly clock?: Clock
  /** How long sessions live. Default: `defaultTimeouts`, which are those of `profiles.aal1`. */
  readonly timeouts?: Partial<Timeouts>
  /**
   * When a revocation is acknowledged: by revoke, revokeMany, revokeOthers, revokeAll, and rotate with `credentialChange`. `master`: as
   * soon as the master has applied it; a failover to a replica that lags may undo it. `replicated`: once a replica holds it too. It
   * rejects with {@link NotReplicatedError} if none acknowledges it within 75 ms. Default: `master`.
   */
  readonly durability?: 'master' | 'replicated'
  /**
   * Lets `validate` use records that this process has cached. Redis invalidates a record as soon as it changes. If that
   * message is lost, a revoked session passes for at most one lease (milliseconds, default 1,000) longer.
   * Default: no cache, and every validation asks Redis. `observe` is for metrics, and must not throw.
   */
  readonly nearCache?: { readonly lease?: number; readonly observe?: (event: NearCacheEvent) => void }
  /** Comes before every key, outside of the hash tag, such as `shop:`. Default: none. */
  readonly keyPrefix?: string
  /**
   * A sign-in beyond this number revokes the session that has been idle for longest. Default: 100. If the user has more than
   * 500, the store picks 500 at random and revokes the idlest of those. A cap that was lowered is then reached over several
   * sign-ins.
   */
  readonly maxSessionsPerUser?: number
  /**
   * If given, each sign-in and each revocation also appends an event, in the same step, for `createSessionEvents` to read. So
   * does `event` of a call. The store calls it with the user's tag after each step that may have appended one. Default: no events.
   */
  readonly onEvent?: (userTag: string) => void
  /** Called once for each record that cannot be read, never with its bytes. Default: `console.warn`. */
  readonly warn?: (message: string, details: { key: string; sessionId: string }) => void
}

/**
 * `hit`, `miss`: a validation used a cached record, or asked Redis. Strict ones do not count. `lease-lost`: the records of a
 * node are not trusted any more, because its changes may go unnoticed.
 */
export type NearCacheEvent = 'hit' | 'miss' | 'lease-lost'

/** One signed-in browser, as it may be shown: without its secret. */
export interface Session {
  /** Public handle: reveals nothing and signs nobody in. */
  readonly id: string
  readonly userId: string
  readonly createdAt: Date
  readonly lastSeenAt: Date
  /** When the person last proved who they are: at the sign-in, or at a later `rotate` with `reauthenticated`. */
  readonly authenticatedAt: Date
  /** The earlier of the idle and the absolute deadline. */
  readonly expiresAt: Date
  readonly ipAddress: string | null
  readonly userAgent: string | null
  readonly data: SessionData
}

export interface NewSession {
  /** Any text that identifies the user in the application. */
  readonly userId: string
  /** IP address of the client. Default: `null`, which means unknown. */
  readonly ipAddress?: string | null
  /** User agent of the client. Default: `null`, which means unknown. */
  readonly userAgent?: string | null
  /** Data of the application, stored with the session as JSON. Default: `{}`. */
  readonly data?: SessionData
  /**
   * When the sign-in began: the result of {@link SessionStore.time} before the credentials were checked. The sign-in is
   * refused if they have changed since. Default: it begins with this call.
   */
  readonly startedAt?: Date
  /** An absolute deadline earlier than the one that the timeouts give. Default: none. */
  readonly endsBy?: Date
  /**
   * The token of a session of the same user, whose place the new one takes: it keeps the id, and the token is dead. Without
   * such a live session, the new one has an id of its own. Default: none.
   */
  readonly inPlaceOf?: string
  /**
   * A token of `newSessionToken`, so that it is known before the session exists. Use it once: the store does not remember the
   * tokens of sessions that have ended, and would take one of them again. A session that takes the place of another one has a token
   * of its own. Default: the store makes one.
   */
  readonly token?: string
}

export interface RotateOptions {
  /** The user's other sessions are revoked too, and sign-ins that began earlier create nothing. Default: false. */
  readonly credentialChange?: boolean
  /** The person has just proved again who they are. Default: true for a credential change. */
  readonly reauthenticated?: boolean
  /** Merged into the data of the session in the same step, such as how the person proved it. Default: nothing. */
  readonly data?: SessionData
  /** Recorded after the revocations, if the store records events. Default: none. */
  readonly event?: CustomEvent
}

export interface RevokeOptions {
  /** Id of the session that asked for it; published with the revocation. */
  readonly by?: string
}

export interface RevokeAllOptions extends RevokeOptions {
  /** Sign-ins that began earlier create nothing. Default: false. */
  readonly credentialChange?: boolean
  /** Recorded after the revocations, if the store records events. */
  readonly event?: CustomEvent
}

/** The sessions that one step of the store has revoked. */
export interface RevokedSessions {
  /** The method; `credential-change` for `rotate` and `revokeAll` as such, `cap` for a sign-in beyond the most a user may have. */
  readonly cause: 'revoke' | 'revoke-many' | 'revoke-others' | 'revoke-all' | 'credential-change' | 'cap'
  /** As they were before it. */
  readonly sessions: readonly [Session, ...Session[]]
  /** Id of the session that asked for it; `null`: none did. */
  readonly by: string | null
}

/** The reply of the store waits for it. Its rejection changes nothing. */
export type OnRevoked = (revoked: RevokedSessions) => void | Promise<void>

/** An event that the application names, and the client that caused it. */
export interface CustomEvent extends Partial<Omit<Details, 'userId'>> {
  readonly name: string
}

/**
 * Sessions in Redis, one hash per user. Every change is one atomic step; nothing that has ended is
 * ever brought back. Validation asks Redis every time, unless there is a near-cache.
 *
 * If a user has more than 500 sessions, a step reads 500 of them, picked at random. It revokes the others unread: they count
 * as live, and leave no event.
 *
 * Every method rejects with {@link SessionStoreUnavailableError} when Redis gives no answer.
 */
export interface SessionStore {
  readonly timeouts: Timeouts
  /** The clock that deadlines are compared with. */
  readonly clock: Clock

  /**
   * The time by Redis' clock, which dates credential changes too, because the clocks of servers differ. In a Cluster, it is
   * always the clock of the same node.
   */
  time(): Promise<Date>
  /**
   * `null` if the user's credentials changed after the sign-in began. Nothing was created then.
   *
   * @throws {RangeError} for a user id, IP address or user agent above 55,294 characters, and for a token of another user.
   */
  create(session: NewSession): Promise<{ token: string; session: Session } | null>
  /**
   * `null` for any token that does not sign in, never saying why. `strict` asks Redis even with a near-cache: use it before
   * you revoke or change anything. Default: false.
   */
  validate(token: string, options?: { readonly strict?: boolean }): Promise<Session | null>
  /** Records the last use and moves the idle deadline. Costs no round trip until a touch interval has passed. */
  touch(session: Session): Promise<boolean>
  /** Merges into the data of the session of a token, or of a listed session. `null` if it has ended. */
  update(session: string | Pick<Session, 'userId' | 'id'>, data: SessionData): Promise<Session | null>
  /**
   * Gives a new secret under the same session id; the old token is dead. `null` if the session has ended. `revoked`: how many
   * other sessions it revoked.
   */
  rotate(token: string, options?: RotateOptions): Promise<{ token: string; revoked: number } | null>
  /** Every session that signs in, latest seen first. */
  list(userId: string): Promise<Session[]>
  /** As many as `list` gives. */
  count(userId: string): Promise<number>
  /** How many were revoked: 0 for an id that is unknown or another user's. */
  revoke(userId: string, sessionId: string, options?: RevokeOptions): Promise<0 | 1>
  /**
   * Revokes several sessions in one atomic step, and publishes one message. Gives how many were revoked: an id that is unknown
   * or another user's counts 0, as with `revoke`.
   *
   * @throws {RangeError} for more than 500 ids.
   */
  revokeMany(userId: string, sessionIds: readonly string[], options?: RevokeOptions): Promise<number>
  /** How many were revoked; `null` if the calling session has itself ended: then nothing was done. */
  revokeOthers(token: string): Promise<number | null>
  /** How many were revoked. As a credential change, it also refuses sign-ins that began earlier. */
  revokeAll(userId: string, options?: RevokeAllOptions): Promise<number>

  /**
   * Calls the listener after each step of this store object that revoked sessions. With a listener, a revocation also reads
   * the sessions that it may revoke, in the same round trip, or before it with `durability: 'replicated'`. A sign-in first asks
   * how many there are. The listener does not
   * notice expiry, other processes and operators; for those, read the events ({@link SessionStoreOptions.onEvent}). It may miss
   * a session created just before its revocation, and one that makes room when two sign-ins reach the cap at once.
   *
   * @returns A function that stops it.
   */
  onRevoked(listener: OnRevoked): () => void
}
