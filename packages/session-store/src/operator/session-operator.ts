import type { Cluster, Redis } from 'ioredis'
import type { Clock } from '../record/clock.js'
import type { Session } from '../record/session.js'
import type { OperationSummary } from '../record/session-summary.js'
import type { StartedOperation } from './node-scripts.js'
import type { ScanStep } from './passes.js'
import type { Prefilter } from './prefilter.js'
import type { UserSessions } from './user-sessions.js'

/**
 * Reads and revokes sessions across users, for the tools of an operator.
 *
 * Every method rejects with `SessionStoreUnavailableError` when Redis gives no answer. All of them may be repeated.
 */
export interface SessionOperator {
  readonly clock: Clock
  /** The time by the clock of Redis that dates sign-ins. */
  time(): Promise<Date>
  /**
   * Refuses sign-ins of all users that began at or before a time and have not been answered yet. Call it before
   * the scan for sessions. Then either the scan finds a session, or its sign-in is refused.
   *
   * @param since Default: now, by Redis' clock.
   * @returns That time.
   */
  refuseEarlierSignIns(since?: Date): Promise<Date>
  /** Reads one user's sessions, with one command. */
  read(userId: string): Promise<UserSessions>
  /**
   * Visits the live sessions of all users, in bounded batches. Repeats itself if keys moved meanwhile.
   *
   * @param prefilter Default: every session passes.
   */
  scan(prefilter?: Prefilter): AsyncGenerator<ScanStep<UserSessions[]>, void>
  /**
   * Revokes these sessions of a user, publishes that, and appends an event for each. A session that took the
   * place of one of them after the operation started stays.
   *
   * @param refusesSignIns Whether to refuse sign-ins of this user that began by the start of the operation. Default: false.
   * @returns How many were revoked.
   */
  revoke(
    userTag: string,
    sessionIds: readonly string[],
    operation: StartedOperation,
    refusesSignIns?: boolean,
  ): Promise<number>
  /**
   * Revokes all sessions for which `select` returns `true`, in bounded batches.
   *
   * @param prefilter Rejects most of the other sessions.
   * @param giveUpAfterMs Milliseconds to wait for slots that move, in all. Default: a minute.
   */
  revokeMatching(
    select: (session: Session) => boolean,
    prefilter: Prefilter,
    operation: StartedOperation,
    giveUpAfterMs?: number,
  ): AsyncGenerator<ScanStep<RevokedStep>, void>
  /**
   * Revokes the sessions of all users that were live at a time, except one. Publishes nothing and appends no event.
   *
   * @param giveUpAfterMs As in `revokeMatching`.
   */
  revokeAll(createdBefore: Date, keep?: string, giveUpAfterMs?: number): AsyncGenerator<ScanStep<RevokedStep>, void>
  /**
   * Changes nothing. Call it before you revoke: the scripts revoke first, and would leave no event.
   *
   * @throws {SessionStoreUnavailableError} if the client may not append events.
   */
  checkEvents(): Promise<void>
  /** Lets a server look for events at once, instead of after five minutes: no server knows of those that this operator appended. */
  requestSweep(): Promise<void>
  /** Publishes to every open page that an operation on all users is done. */
  publishToAll(operation: OperationSummary): Promise<void>
  /** With `durability: 'replicated'`, resolves once a replica of each master holds all revocations of this operator. */
  confirm(): Promise<void>
}

/** Each but `users` counts sessions, and `failed` counts keys that are not the sessions of a user. */
export interface RevokedStep {
  readonly users: number
  readonly live: number
  readonly matched: number
  readonly revoked: number
  readonly failed: number
}

export interface SessionOperatorOptions {
  /** A client for this purpose. Its `commandTimeout` should be seconds: nobody waits for these commands but the operator. */
  readonly redis: Redis | Cluster
  /** The key prefix of the store. Default: none. */
  readonly keyPrefix?: string
  /** The clock of the store. Default: `Date.now`. */
  readonly clock?: Clock
  /** Whether the store records events. Default: true. */
  readonly events?: boolean
  /** The durability of the store. Default: `master`. */
  readonly durability?: 'master' | 'replicated'
  /** Keys that a step of a scan visits. Default: 500. */
  readonly batch?: number
}
