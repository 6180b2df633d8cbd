import { randomUUID } from 'node:crypto'
import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../accounts/database/database.js'
import { runningOr } from '../accounts/database/running-transaction.js'
import { migrate } from '../accounts/database/migrations.js'

/**
 * Mails that wait in SQL until the mail server has accepted them. Each is handed to one server at a time, for the length
 * of a lease. If a server dies between the mail server's answer and `remove`, the mail is sent again: at least once.
 *
 * Every operation fails with what the database fails with.
 */
export interface MailQueue {
  /**
   * A mail takes the place of one with its key. If a server has claimed that one, this one is sent all the same: the link on
   * its way may have been revoked since.
   *
   * In a transaction, it is part of it.
   *
   * @returns Its key. `null` if the queue is full, or so many mails apart wait: nothing was added.
   */
  add(mail: NewMail): Promise<string | null>
  /** Before it was sent, if it can be. */
  withdraw(key: string): Promise<void>
  has(key: string): Promise<boolean>
  /** Up to so many mails that are due. Counts as an attempt for each. Default: longest due first. */
  claim(limit: number, first?: 'longest due' | 'least tried'): Promise<ClaimedMail[]>
  /** After it was sent or given up. */
  remove(mail: ClaimedMail): Promise<void>
  /** Due again in so many milliseconds. `error` is kept for operators: it must not hold an address. */
  retry(mail: ClaimedMail, delayMs: number, error: string): Promise<void>
  /** Due again at once, as if it had not been claimed. */
  release(mail: ClaimedMail): Promise<void>
  /** Makes all that wait for a retry due, but none that waits for its first time. */
  retryAll(): Promise<void>
  status(): Promise<MailStatus>
}

export interface NewMail {
  /** A mail takes the place of one with the same key that waits. */
  readonly key: string
  readonly kind: string
  readonly payload: string
  /** Whether it is sent beside those with the same key, 10 at most, instead of in their place. Default: false. */
  readonly isApart?: boolean
  /** Mails that strangers can cause leave room in the queue to others, and those of a mass reset to both. Default: `owner`. */
  readonly cause?: keyof typeof MAX_WAITING
  /** Milliseconds until it is due for the first time. Default: 0. */
  readonly delayMs?: number
}

export interface ClaimedMail extends NewMail {
  /** This one included. */
  readonly attempts: number
  readonly ageMs: number
}

interface MailStatus {
  readonly waiting: number
  /** Milliseconds; 0 when nothing waits. */
  readonly oldestMs: number
}

/** Longer than a server tries to send one mail: see `SEND_MS`. */
const LEASE_MS = 30_000
/**
 * While so many mails wait, none of that cause is added. A mail server that is away for a day must not fill the disk. With requests
 * for any address, strangers could keep notices out. A mass reset could keep out people who ask for a reset or sign up.
 */
const MAX_WAITING = { owner: 10_000, stranger: 9_000, 'mass reset': 8_000 } as const
/** Waiting mails apart with one key. One account must not fill the queue. */
const MAX_APART = 10

/** PostgreSQL returns a bigint as text. */
interface Row extends NewMail {
  readonly attempts: number
  readonly age: number | string
}

/** Creates its table if necessary. */
export async function openMailQueue(database: Database): Promise<MailQueue> {
  const { kysely, type } = database
  await migrate(database)
  const now = clockOf(type)

  /** No longer once its lease has passed and another server has claimed it, or once the mail was added again. */
  const isHeld = ({ key, attempts }: ClaimedMail) => sql`key = ${key} and attempts = ${attempts}`

  return {
    async add({ key: name, kind, payload, delayMs = 0, isApart = false, cause = 'owner' }) {
      const prefix = `${name}:`
      const key = isApart ? prefix + randomUUID() : name
      const apart = sql`(select count(*) from mail where substr(key, 1, length(${prefix})) = ${prefix}) < ${MAX_APART}`
      // With another number of attempts, the server that has claimed it holds it no longer.
      const { numAffectedRows } = await sql`
        insert into mail (key, kind, payload, created_at, due_at, leased_until, attempts)
        select ${key}, ${kind}, ${payload}, ${now}, ${now} + ${sql.lit(delayMs)}, 0, 0
        where (select count(*) from mail) < ${MAX_WAITING[cause]} and ${isApart ? apart : sql`true`}
          or exists (select 1 from mail where key = ${key})
        on conflict (key) do update set payload = excluded.payload, created_at = excluded.created_at,
          due_at = excluded.due_at, leased_until = 0, last_error = null,
          attempts = case when mail.leased_until > 0 then mail.attempts + 1 else mail.attempts end`.execute(
        runningOr(kysely),
      )
      return Number(numAffectedRows) > 0 ? key : null
    },

    withdraw: async (key) => void (await sql`delete from mail where key = ${key}`.execute(runningOr(kysely))),

    has: async (key) => (await sql`select key from mail where key = ${key}`.execute(kysely)).rows.length > 0,

    async claim(limit, first = 'longest due') {
      const order = first === 'least tried' ? sql`attempts, due_at` : sql`due_at`
      const { rows: due } =
        await sql`select key from mail where due_at <= ${now} and leased_until <= ${now} limit 1`.execute(kysely)
      if (due.length === 0) return [] // an idle server takes no lock, of which SQLite has one
      // The conditions stand twice: PostgreSQL checks the outer ones again when another server was faster.
      const { rows } = await sql<Row>`
        update mail set leased_until = ${now} + ${sql.lit(LEASE_MS)}, attempts = attempts + 1
        where due_at <= ${now} and leased_until <= ${now} and key in (
          select key from mail where due_at <= ${now} and leased_until <= ${now} order by ${order} limit ${limit}
        )
        returning key, kind, payload, attempts, ${now} - created_at as age`.execute(kysely)
      return rows.map(({ age, ...mail }) => ({ ...mail, ageMs: Number(age) }))
    },

    async remove(mail) {
      await sql`delete from mail where ${isHeld(mail)}`.execute(kysely)
    },

    async retry(mail, delayMs, error) {
      await sql`
        update mail set due_at = ${now} + ${Math.round(delayMs)}, leased_until = 0, last_error = ${error}
        where ${isHeld(mail)}`.execute(kysely)
    },

    async release(mail) {
      await sql`update mail set leased_until = 0, attempts = attempts - 1 where ${isHeld(mail)}`.execute(kysely)
    },

    async retryAll() {
      await sql`update mail set due_at = ${now} where last_error is not null and due_at > ${now}`.execute(kysely)
    },

    async status() {
      const { rows } = await sql<{ waiting: number | string; oldest: number | string | null }>`
        select count(*) as waiting, ${now} - min(created_at) as oldest from mail`.execute(kysely)
      return { waiting: Number(rows[0]?.waiting ?? 0), oldestMs: Number(rows[0]?.oldest ?? 0) }
    },
  }
}

/** The clock of the database: those of two servers may be apart, and then both would send what one has claimed. */
function clockOf(type: Database['type']): RawBuilder<number> {
  return type === 'postgres'
    ? sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`
    : sql<number>`cast((julianday('now') - 2440587.5) * 86400000 as integer)`
}
