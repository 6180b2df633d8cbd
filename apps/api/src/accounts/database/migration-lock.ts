import { setTimeout as pause } from 'node:timers/promises'
import type SqliteDatabase from 'libsql'
import { type Kysely, sql } from 'kysely'
import { ensurePrivateFile } from './private-files.js'
import { openSqlite } from './sqlite-file.js'

const MAX_WAIT_MS = 60_000
const POLL_MS = 25
/** Milliseconds. Well below the 10 s after which PostgreSQL ends a transaction that sends nothing. */
const HEARTBEAT_MS = 2_000
/** Any number that nobody else uses on the same PostgreSQL database. */
const ADVISORY_LOCK = 7_265_551_225

/**
 * Runs work while this process alone holds the lock on a file. The lock is one of the file system, taken by SQLite on a
 * file that holds nothing: the kernel releases it however the process ends.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  ensurePrivateFile(path)
  const held = await poll(() => lockFile(path))
  try {
    return await work()
  } finally {
    held.close()
  }
}

/** A new connection for each attempt: libsql never resets a statement that found the file locked. */
function lockFile(path: string): SqliteDatabase.Database | null {
  const connection = openSqlite(path)
  try {
    connection.exec('begin exclusive')
    return connection
  } catch (error) {
    connection.close()
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY') return null
    throw error
  }
}

/**
 * The lock belongs to a transaction, so that it works behind a pooler, and ends with its connection. Other connections do
 * the work meanwhile: heartbeats keep PostgreSQL from taking this one for abandoned, however long the work takes.
 */
export async function withAdvisoryLock<T>(
  kysely: Kysely<unknown>,
  work: () => Promise<T>,
  heartbeatMs = HEARTBEAT_MS,
): Promise<T> {
  return kysely.transaction().execute(async (transaction) => {
    await poll(async () => {
      const { rows } = await sql<{
        locked: boolean
      }>`select pg_try_advisory_xact_lock(${ADVISORY_LOCK}) as locked`.execute(transaction)
      return rows[0]?.locked === true ? true : null
    })
    const heartbeat = setInterval(() => {
      sql`select 1`.execute(transaction).catch(() => undefined) // the commit fails too, and reports it
    }, heartbeatMs)
    try {
      return await work()
    } finally {
      clearInterval(heartbeat)
    }
  })
}

async function poll<T>(attempt: () => T | null | Promise<T | null>): Promise<T> {
  for (const deadline = Date.now() + MAX_WAIT_MS; ;) {
    const held = await attempt()
    if (held !== null) return held
    if (Date.now() > deadline) throw new Error('Another server has been changing its tables for 60 s')
    await pause(POLL_MS)
  }
}
