import { type Clock, type Session, type SessionEvent, type SessionEvents, userTagOf } from '@rollcall/session-store'
import type { Kysely } from 'kysely'
import { DAY_MS } from '../../durations.js'
import { ActivityMover } from './activity-mover.js'
import {
  type ActivityEvent,
  type ActivityKind,
  activityPatterns,
  type ActivityTable,
  fromRow,
} from './activity-rows.js'
import type { Database } from '../database/database.js'
import { deleteOldActivity } from './delete-old.js'
import { migrate } from '../database/migrations.js'
import { createOperationRecorder } from './operations.js'
import { confirmSignIns, readSignIns, type SignIn } from './sign-ins.js'
import { createEventSweep } from './event-sweep.js'

/** The activity of accounts, in SQL. The events come from Redis, where each sign-in and each revocation appends one. */
export interface Activity {
  /** Moves a user's events to SQL, soon, and for as long as that fails again and again. */
  move(userTag: string): void
  /** Appends an event that changed no session. The id of the session that caused it is empty for none. Calls `warn` for a lost event. */
  record(name: string, session: Pick<Session, 'userId' | 'id' | 'ipAddress' | 'userAgent' | 'data'>): Promise<void>
  /**
   * Newest first, and all that had happened when the first page was asked for, on whichever server. Pages do
   * not overlap, whatever happens while they are read.
   *
   * @throws {SessionStoreUnavailableError} and what the database fails with.
   */
  list(
    userId: string,
    options: {
      readonly before?: Cursor | null | undefined
      readonly limit: number
      /** Default: events of every kind. */
      readonly kind?: ActivityKind | undefined
    },
  ): Promise<ActivityPage>
  /**
   * The sign-ins that are remembered, oldest first: the newest 1,000.
   *
   * @throws {SessionStoreUnavailableError} and what the database fails with.
   */
  signIns(userId: string): Promise<SignIn[]>
  /**
   * Records that sign-ins were the person's own. It skips those that are unknown, another user's, or confirmed already.
   *
   * @returns How many it recorded.
   * @throws {SessionStoreUnavailableError} and what the database fails with. Repeating it is harmless.
   */
  confirm(by: Session, sessionIds: readonly string[]): Promise<number>
  /**
   * Moves the events that servers and operations left behind, and deletes those that are too old. A server does so when it starts, for
   * what it left behind itself. Then servers take turns: it is due every five minutes, and when an operation asks for it. If it is not
   * due, it costs one command.
   *
   * @throws {SessionStoreUnavailableError} and what the database fails with.
   */
  tidyUp(signal: AbortSignal): Promise<void>
  /** Users whose events this server still has to move. */
  waiting(): number
  /** Resolves when this server has moved all events that it knows of. */
  flush(): Promise<void>
  /** Finishes the moves under way. Waiting events are moved after the next start, or by another server. */
  close(): Promise<void>
}

/**
 * The last event of a page: when it happened, in milliseconds since the epoch, and its id.
 *
 * @public because the declarations of the router name it.
 */
export interface Cursor {
  readonly at: number
  readonly id: string
}

interface ActivityPage {
  readonly events: ActivityEvent[]
  /** The start of the next page; `null` when there is none. */
  readonly next: Cursor | null
}

export interface ActivityOptions {
  readonly database: Database
  readonly events: SessionEvents
  /** How long an event is kept. */
  readonly days: number
  readonly clock?: Clock
  /** Called with the events that the database now holds and Redis no longer does. */
  readonly onMoved?: ((events: readonly SessionEvent[]) => void) | undefined
  /** Called for work that was postponed, with the reason. */
  readonly warn: (message: string, reason: unknown) => void
}

/** Brings its table up to date. */
export async function openActivity(options: ActivityOptions): Promise<Activity> {
  const { database, events, days, clock = Date.now, warn, onMoved } = options
  await migrate(database)
  const sql = database.kysely.withTables<ActivityTable>()
  const mover = new ActivityMover({ sql, events, clock, warn, onMoved })
  const oldest = (): number => clock() - days * DAY_MS
  const recordOperations = createOperationRecorder(sql)
  const sweep = createEventSweep({ events, mover, clock })

  async function signIns(userId: string): Promise<SignIn[]> {
    const userTag = userTagOf(userId)
    await mover.copy(userTag)
    return readSignIns(sql, userTag, oldest())
  }

  return {
    move: (userTag) => mover.move(userTag),

    async record(name, { userId, id, ipAddress, userAgent, data }) {
      try {
        await events.append(userId, { name, ipAddress, userAgent, data }, id)
      } catch (error) {
        warn(`The event "${name}" is lost: Redis did not take it`, error)
      }
      mover.move(userTagOf(userId))
    },

    signIns,

    async confirm(by, sessionIds) {
      const chosen = (await signIns(by.userId)).filter(
        ({ session, isConfirmed }) => !isConfirmed && sessionIds.includes(session.id),
      )
      await confirmSignIns(sql, by, chosen, new Date(clock()))
      return chosen.length
    },

    async list(userId, { before, limit, kind }) {
      const userTag = userTagOf(userId)
      if (!before) {
        await events.expireSessions(userId).catch(() => undefined) // a replica cannot; what it reads is shown all the same
        await mover.copy(userTag)
        await recordOperations(userTag, oldest())
      }
      return readPage(sql, { userTag, oldest: oldest(), before, kind, limit })
    },

    async tidyUp(signal) {
      if (!(await sweep(signal))) return
      await deleteOldActivity(sql, oldest(), signal)
    },

    waiting: () => mover.waiting(),

    flush: () => mover.flush(),

    close: () => mover.close(),
  }
}

interface PageQuery {
  readonly userTag: string
  /** Events before it are left out, in milliseconds since the epoch. */
  readonly oldest: number
  readonly before: Cursor | null | undefined
  /** Default: events of every kind. */
  readonly kind: ActivityKind | undefined
  readonly limit: number
}

async function readPage(
  sql: Kysely<ActivityTable>,
  { userTag, oldest, before, kind, limit }: PageQuery,
): Promise<ActivityPage> {
  let query = sql.selectFrom('activity').selectAll().where('user_tag', '=', userTag).where('at', '>=', oldest)
  if (kind !== undefined)
    query = query.where(({ eb, or }) => or(activityPatterns[kind].map((pattern) => eb('event', 'like', pattern))))
  if (before)
    query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('at', 'id'), '<', tuple(before.at, before.id)))
  const rows = await query
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute()
  const page = rows.slice(0, limit)
  const end = rows.length > limit ? page.at(-1) : undefined
  return {
    events: page.flatMap(fromRow),
    next: end === undefined ? null : { at: Number(end.at), id: end.id },
  }
}
