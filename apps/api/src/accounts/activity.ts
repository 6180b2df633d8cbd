import { setTimeout as pause } from 'node:timers/promises'
import { type Clock, type Session, type SessionEvent, type SessionEvents, userTagOf } from '@rollcall/session-store'
import { type ActivityEvent, type ActivityTable, fromRow, toRow } from './activity-rows.js'
import type { Database } from './database.js'
import { migrate } from './migrations.js'

/** What happened to accounts, kept in SQL. It comes out of Redis, where each change leaves its event. */
export interface Activity {
  /** Moves a user's events to SQL, soon, and for as long as that fails again and again. */
  fetch(userTag: string): void
  /** Keeps an event that changed no session, and came from this one; its id is empty for none. What cannot be kept is told to `warn`. */
  note(name: string, session: Pick<Session, 'userId' | 'id' | 'ipAddress' | 'userAgent' | 'data'>): Promise<void>
  /**
   * Newest first, and all that had happened when the first page was asked for, on whichever server. Pages do
   * not overlap, whatever happens while they are read.
   *
   * @throws {SessionStoreUnavailableError} and what the database fails with.
   */
  list(userId: string, options: { readonly before?: Cursor | null | undefined; readonly limit: number }): Promise<ActivityPage>
  /** Resolves when this server has moved all that it was told to fetch. */
  settled(): Promise<void>
  /** Finishes what is under way. What waits is fetched after the next start, or by another server. */
  close(): Promise<void>
}

/** The last event of a page: when it happened, in milliseconds since the epoch, and its id. */
export interface Cursor {
  readonly at: number
  readonly id: string
}

export interface ActivityPage {
  readonly events: ActivityEvent[]
  /** Where the next page begins; `null` when there is none. */
  readonly next: Cursor | null
}

export interface ActivityOptions {
  readonly database: Database
  readonly events: SessionEvents
  /** How long an event is kept. */
  readonly days: number
  readonly clock?: Clock
  /** Told of what was put off, with the reason. */
  readonly warn: (message: string, reason: unknown) => void
}

/** In milliseconds. */
const DAY = 24 * 60 * 60 * 1_000
const FIRST_RETRY = 250
const LAST_RETRY = 30_000
const SWEEP = 5 * 60 * 1_000
/** Users in one statement, with up to 100 events of four values each: SQLite takes 32,766 values. */
const MOST_TOGETHER = 64

/** Brings its table up to date, and looks for events that were left behind. */
export async function openActivity({ database, events, days, clock = Date.now, warn }: ActivityOptions): Promise<Activity> {
  await migrate(database)
  const sql = database.kysely.withTables<ActivityTable>()
  const oldest = (): number => clock() - days * DAY

  const waiting = new Set<string>()
  let moving: Promise<void> | undefined
  let retry: NodeJS.Timeout | undefined
  let retryDelay = FIRST_RETRY
  /** Users whose events are moved at once. */
  let together = MOST_TOGETHER
  let closed = false

  function fetch(userTag: string): void {
    waiting.add(userTag)
    begin()
  }

  function begin(): void {
    if (closed || moving !== undefined || retry !== undefined || waiting.size === 0) return
    moving = moveAll().then(() => {
      moving = undefined
      begin() // for whoever came when the last one was done
    })
  }

  async function moveAll(): Promise<void> {
    while (waiting.size > 0) {
      if (closed) return
      const userTags = first(waiting, together)
      for (const userTag of userTags) waiting.delete(userTag)
      try {
        await copy(userTags, (userTag, ids) => events.acknowledge(userTag, ids))
        retryDelay = FIRST_RETRY
        together = Math.min(2 * together, MOST_TOGETHER)
      } catch (error) {
        for (const userTag of userTags) waiting.add(userTag) // at the end
        together = 1 // one of them may be the only one that fails
        warn('Activity cannot be written down; its events wait in Redis', error)
        retry = setTimeout(() => {
          retry = undefined
          begin()
        }, retryDelay).unref()
        retryDelay = Math.min(2 * retryDelay, LAST_RETRY)
        return
      }
    }
  }

  /**
   * Writes what waits in Redis, several users at once, and calls `written` for each batch of a user that SQL holds. If the
   * server dies in between, they are written again, which changes nothing.
   */
  async function copy(userTags: readonly string[], written: (userTag: string, ids: string[]) => Promise<void>): Promise<void> {
    let cursors = new Map<string, string | undefined>(userTags.map((userTag) => [userTag, undefined]))
    while (cursors.size > 0) {
      const batches = await Promise.all([...cursors].map(async ([userTag, after]) => ({ userTag, ...(await events.read(userTag, after)) })))
      const filled = batches.filter((batch) => batch.events.length > 0)
      await write(filled)
      await Promise.all(filled.map((batch) => written(batch.userTag, batch.events.map(({ id }) => id))))
      cursors = new Map(batches.flatMap(({ userTag, last }) => (last === null ? [] : [[userTag, last] as const])))
    }
  }

  /**
   * Two servers may write events of one user at once. Each first writes what it has, a deletion or rows, and then removes
   * the rows of deleted users. So whichever comes last finds the deletion and the rows.
   */
  async function write(batches: readonly { userTag: string; events: readonly SessionEvent[] }[]): Promise<void> {
    if (batches.length === 0) return
    const deleted = batches.filter((batch) => batch.events.some((event) => event.kind === 'noted' && event.name === 'user-deleted'))
    if (deleted.length > 0) {
      const users = deleted.map(({ userTag }) => ({ user_tag: userTag, at: clock() }))
      await sql.insertInto('deleted_user').values(users).onConflict((conflict) => conflict.doNothing()).execute()
    }
    const rows = batches.filter((batch) => !deleted.includes(batch)).flatMap(({ userTag, events: some }) => some.map((event) => toRow(userTag, event)))
    if (rows.length > 0) await sql.insertInto('activity').values(rows).onConflict((conflict) => conflict.doNothing()).execute()
    const userTags = batches.map(({ userTag }) => userTag)
    const gone = await sql.selectFrom('deleted_user').select('user_tag').where('user_tag', 'in', userTags).execute()
    if (gone.length > 0) await sql.deleteFrom('activity').where('user_tag', 'in', gone.map((user) => user.user_tag)).execute()
  }

  async function sweep(): Promise<void> {
    try {
      for await (const userTag of events.pendingUsers()) fetch(userTag)
      await sql.deleteFrom('activity').where('at', '<', oldest()).execute()
      await sql.deleteFrom('deleted_user').where('at', '<', oldest()).execute()
    } catch (error) {
      if (!closed) warn('Activity cannot be tidied up', error)
    }
  }

  /** Each server looks when it starts, for what it left behind itself; then they take turns. */
  async function sweepInTurn(): Promise<void> {
    // A Redis that is too full to say whose turn it is has room made by each.
    if (await events.acquireSweepLease(SWEEP).catch(() => true)) await sweep()
  }

  let sweeping = sweep()
  const timer = setInterval(() => void (sweeping = sweeping.then(sweepInTurn)), SWEEP).unref()

  return {
    fetch,

    async note(name, { userId, id, ipAddress, userAgent, data }) {
      try {
        await events.append(userId, { name, ipAddress, userAgent, data }, id)
      } catch (error) {
        warn(`The event "${name}" is lost: Redis did not take it`, error)
      }
      fetch(userTagOf(userId))
    },

    async list(userId, { before, limit }) {
      const userTag = userTagOf(userId)
      if (!before) {
        await events.expireSessions(userId).catch(() => undefined) // a replica cannot; what it reads is shown all the same
        await copy([userTag], async () => fetch(userTag))
      }
      let query = sql.selectFrom('activity').selectAll().where('user_tag', '=', userTag).where('at', '>=', oldest())
      if (before) query = query.where(({ eb, refTuple, tuple }) => eb(refTuple('at', 'id'), '<', tuple(before.at, before.id)))
      const rows = await query.orderBy('at', 'desc').orderBy('id', 'desc').limit(limit + 1).execute()
      const page = rows.slice(0, limit)
      const end = rows.length > limit ? page.at(-1) : undefined
      return {
        events: page.flatMap(fromRow),
        next: end === undefined ? null : { at: Number(end.at), id: end.id },
      }
    },

    async settled() {
      for (;;) {
        if (waiting.size === 0 && moving === undefined) return
        await (moving ?? pause(FIRST_RETRY))
      }
    },

    async close() {
      closed = true
      clearInterval(timer)
      clearTimeout(retry)
      await Promise.all([moving, sweeping])
    },
  }
}

function first<T>(values: Iterable<T>, count: number): T[] {
  const found: T[] = []
  for (const value of values) if (found.push(value) === count) break
  return found
}
