import { EventEmitter, once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock, SessionEvent, SessionEvents } from '@rollcall/session-store'
import type { Kysely } from 'kysely'
import { type ActivityTable, toRow } from './activity-rows.js'

const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 30_000
/** Users whose events are read at a time. */
const MAX_USERS = 64
/** Events in one statement. SQLite runs it in the thread that answers requests. */
const MAX_ROWS = 100
/** Users that wait for their turn while a sweep finds more. */
const MAX_PENDING = 1_000

interface MoverOptions {
  readonly sql: Kysely<ActivityTable>
  readonly events: SessionEvents
  readonly clock: Clock
  /** Called with the reason when a move is put off. */
  readonly warn: (message: string, reason: unknown) => void
  readonly onMoved: ((events: readonly SessionEvent[]) => void) | undefined
}

/** Moves events from Redis to SQL, several users at once, until SQL has them. */
export class ActivityMover {
  readonly #options: MoverOptions
  readonly #pending = new Set<string>()
  readonly #batches = new EventEmitter<{ end: [] }>()
  #moving: Promise<void> | undefined
  #retry: NodeJS.Timeout | undefined
  #retryMs = FIRST_RETRY_MS
  #batchSize = MAX_USERS
  #isClosed = false

  constructor(options: MoverOptions) {
    this.#options = options
  }

  /** Moves a user's events soon, and tries again for as long as that fails. */
  move(userTag: string): void {
    this.#pending.add(userTag)
    this.#start()
  }

  /** Writes a user's events to SQL now, and takes them out of Redis soon. */
  async copy(userTag: string): Promise<void> {
    await this.#copy([userTag], async () => this.move(userTag))
  }

  /** Whether so many users wait that a sweep should. */
  isFull(): boolean {
    return this.#pending.size >= MAX_PENDING
  }

  /** Resolves when it is not full, or when the signal aborts. */
  async waitForRoom(signal: AbortSignal): Promise<void> {
    while (this.isFull() && !signal.aborted) await once(this.#batches, 'end', { signal }).catch(() => undefined)
  }

  /** Users whose events are to be moved, without the batch under way. */
  waiting(): number {
    return this.#pending.size
  }

  /** Resolves when all users are moved that were to be. */
  async flush(): Promise<void> {
    while (this.#pending.size > 0 || this.#moving !== undefined) await (this.#moving ?? pause(FIRST_RETRY_MS))
  }

  /** Finishes the batch under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#retry)
    await this.#moving
  }

  #start(): void {
    if (this.#isClosed || this.#moving !== undefined || this.#retry !== undefined || this.#pending.size === 0) return
    this.#moving = this.#moveAll().then(() => {
      this.#moving = undefined
      this.#start() // for a user that was added when the last batch was done
    })
  }

  async #moveAll(): Promise<void> {
    while (this.#pending.size > 0 && !this.#isClosed) {
      const userTags = first(this.#pending, this.#batchSize)
      for (const userTag of userTags) this.#pending.delete(userTag)
      try {
        await this.#copy(userTags, (userTag, stored) => this.#acknowledge(userTag, stored))
        this.#retryMs = FIRST_RETRY_MS
        this.#batchSize = Math.min(2 * this.#batchSize, MAX_USERS)
        this.#batches.emit('end')
      } catch (error) {
        this.#putBack(userTags)
        this.#batchSize = 1 // one of them may be the only one that fails
        this.#options.warn('Activity cannot be written down; its events wait in Redis', error)
        this.#retryLater()
        return
      }
    }
  }

  /**
   * A user who failed alone waits behind all others. Several who failed together come next, one by one. Otherwise, users who
   * arrive meanwhile could keep them waiting.
   */
  #putBack(userTags: readonly string[]): void {
    const later = userTags.length > 1 ? [...this.#pending] : []
    for (const userTag of later) this.#pending.delete(userTag)
    for (const userTag of [...userTags, ...later]) this.#pending.add(userTag)
  }

  async #acknowledge(userTag: string, stored: readonly SessionEvent[]): Promise<void> {
    const { events, onMoved } = this.#options
    const ids = stored.map(({ id }) => id)
    await events.acknowledge(userTag, ids)
    onMoved?.(stored)
  }

  #retryLater(): void {
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#start()
    }, this.#retryMs).unref()
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS)
  }

  /** Calls `onStored` for each batch of a user that SQL holds. If the server dies before that, the batch is written again, which changes nothing. */
  async #copy(
    userTags: readonly string[],
    onStored: (userTag: string, events: readonly SessionEvent[]) => Promise<void>,
  ): Promise<void> {
    const { events } = this.#options
    let cursors = new Map<string, string | undefined>(userTags.map((userTag) => [userTag, undefined]))
    while (cursors.size > 0) {
      const batches = await Promise.all(
        [...cursors].map(async ([userTag, after]) => ({ userTag, ...(await events.read(userTag, after)) })),
      )
      const filled = batches.filter((batch) => batch.events.length > 0)
      await this.#write(filled)
      await Promise.all(filled.map((batch) => onStored(batch.userTag, batch.events)))
      cursors = new Map(batches.flatMap(({ userTag, last }) => (last === null ? [] : [[userTag, last] as const])))
    }
  }

  /**
   * Two servers may write events of one user at once. Each first writes what it has, a deletion or rows, and then removes
   * the rows of deleted users. So whichever comes last finds the deletion and the rows.
   */
  async #write(batches: readonly { userTag: string; events: readonly SessionEvent[] }[]): Promise<void> {
    if (batches.length === 0) return
    const { sql, clock } = this.#options
    const deleted = batches.filter((batch) =>
      batch.events.some((event) => event.kind === 'noted' && event.name === 'user-deleted'),
    )
    if (deleted.length > 0) {
      const users = deleted.map(({ userTag }) => ({ user_tag: userTag, at: clock() }))
      await sql
        .insertInto('deleted_user')
        .values(users)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    }
    const rows = batches
      .filter((batch) => !deleted.includes(batch))
      .flatMap(({ userTag, events }) => events.map((event) => toRow(userTag, event)))
    for (let at = 0; at < rows.length; at += MAX_ROWS)
      await sql
        .insertInto('activity')
        .values(rows.slice(at, at + MAX_ROWS))
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    const userTags = batches.map(({ userTag }) => userTag)
    const gone = await sql.selectFrom('deleted_user').select('user_tag').where('user_tag', 'in', userTags).execute()
    if (gone.length > 0)
      await sql
        .deleteFrom('activity')
        .where(
          'user_tag',
          'in',
          gone.map((user) => user.user_tag),
        )
        .execute()
  }
}

function first<T>(values: Iterable<T>, count: number): T[] {
  const found: T[] = []
  for (const value of values) if (found.push(value) === count) break
  return found
}
