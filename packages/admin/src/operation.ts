import type { OperationFilter } from './filter.js'

export type OperationState =
  | 'running'
  /** Its process ended, or lost Redis, before it was done. Resume it. */
  | 'interrupted'
  /** On request. It can be resumed. */
  | 'stopped'
  | 'done'
  /** `error` says why. It can be resumed. */
  | 'failed'

/** A revocation across users, or other work on them. Each count is of sessions. */
export interface Operation {
  readonly id: string
  /** `revoke`, or the name of work of the application. */
  readonly action: string
  /** `null`: the sessions of everybody. */
  readonly filter: OperationFilter | null
  /** The session that stays; `null`: none. */
  readonly keep: string | null
  /** For the people concerned; may be empty. */
  readonly reason: string
  /** For operators alone; may be empty. */
  readonly note: string
  readonly startedBy: string
  /** By the clock of Redis. A session that is younger stays. */
  readonly startedAt: Date
  readonly updatedAt: Date
  readonly state: OperationState
  /** Live sessions that were looked at, in the current pass through all keys. */
  readonly scanned: number
  readonly matched: number
  /** By this operation. If its process is killed or replaced, about the last quarter of a second of it is not counted. */
  readonly revoked: number
  /** Matched, but had ended by the time they were to be revoked. */
  readonly alreadyGone: number
  /** Keys that are no sessions of a user, although they have such a name. */
  readonly failed: number
  /** The share that is done, from 0 to 1; about. */
  readonly share: number
  /** Sessions looked at per second. */
  readonly rate: number
  /** `null` while it is unknown. */
  readonly millisecondsLeft: number | null
  /** `null`: none. */
  readonly error: string | null
}

/** Options of every operation. */
export interface OperationRequest {
  /** For the people concerned: their activity and their open pages show it. Default: none. */
  readonly reason?: string
  /** For operators alone. Default: none. */
  readonly note?: string
  /** The person who asks for it, such as an email address or a name. */
  readonly startedBy: string
  /** Id of a session that stays, such as that of the person who acts. Default: none stays. */
  readonly keep?: string
}

/**
 * Work of an application on users, such as to remove their passwords. To resume the operation, all of it is run again. So it
 * must do nothing twice.
 *
 * It refuses sign-ins that began before it. They are those of the users that the filter names, or of everybody.
 *
 * @param revoke Revokes what a user was signed in to by a time. It refuses sign-ins that began by then. Default: the start of
 * the operation. It may be repeated, and returns how many it has revoked.
 * @param users The ids of the users whom the filter names or has found; `null` for everybody. You may read them repeatedly.
 */
export type UserWork = (
  operation: Operation,
  revoke: (userId: string, createdBy?: Date) => Promise<number>,
  users: OperationUsers | null,
) => AsyncIterable<UserStep>

/** Ids of users. They can be read again. */
export interface OperationUsers extends AsyncIterable<string> {
  readonly count: number
}

/** Yield one at least every few seconds: so the operation shows that it lives, and notices that it is to stop. */
export interface UserStep {
  /** Sessions that were revoked since the last step. */
  readonly revoked: number
  /** The share of the work that is done, from 0 to 1; about. */
  readonly share: number
}

export type ResumeOptions = RunOptions & Pick<OperationRequest, 'keep'> & { readonly work?: UserWork }

export interface RunOptions {
  /** Most users that are looked at per second, on average: a step looks at some hundred. Default: as many as Redis can answer. */
  readonly maxUsersPerSecond?: number
  /**
   * Called once the operation has an id, before it revokes anything. If it rejects, the operation fails with that error and
   * has revoked nothing. Default: nothing.
   */
  readonly onStart?: (operation: Operation) => Promise<void>
  /** Called at most four times a second, and at the end. */
  readonly onProgress?: (operation: Operation) => void
  /** Called once Redis gives no answer and the operation tries again; then not until it has got further. Default: nothing. */
  readonly onOutage?: (error: Error) => void
  /**
   * Milliseconds for which an operation waits, in all, for a Redis that does not let it get further. It also bounds the wait for
   * slots of a Cluster that move. Default: a minute.
   */
  readonly giveUpAfterMs?: number
}
