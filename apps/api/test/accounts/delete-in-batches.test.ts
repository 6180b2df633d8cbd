import { setImmediate as nextTurn } from 'node:timers/promises'
import { createSessionEvents } from '@rollcall/session-store'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openActivity } from '../../src/accounts/activity/activity.js'
import type { Database } from '../../src/accounts/database/database.js'
import { databases, startAuthOn } from './helpers.js'

// SQLite blocks the process during a statement, and PostgreSQL closes the connections of one that takes five seconds.

const ROWS = 3_000
type Table = 'activity' | 'verification' | 'device'
const OLD = Date.UTC(2020, 0, 1)

describe.each(databases)('on %s', (kind) => {
  let t: Awaited<ReturnType<typeof startAuthOn>>
  /** As a server that has just started: deletes at once, whichever server's turn it is. */
  const tidyUp = async (table: Table, signal: AbortSignal): Promise<void> => {
    if (table !== 'activity') return t.auth.deleteExpired(signal)
    const events = createSessionEvents({ redis: t.redis })
    const activity = await openActivity({ database: t.database, events, days: 30, warn: console.warn })
    return activity.tidyUp(signal)
  }
  beforeAll(async () => {
    t = await startAuthOn(kind)
  }, 60_000)
  afterAll(() => t[Symbol.asyncDispose]())

  test.each(['activity', 'verification', 'device'] as const)(
    'old rows of %s are deleted a few at a time',
    async (table) => {
      await insertOld(t.database, table)
      const { signal } = new AbortController()
      const counts = await countDuring(t.database, table, tidyUp(table, signal))
      expect(counts.some((count) => count > 0 && count < ROWS)).toBe(true)
      expect(await count(t.database, table)).toBe(0)
    },
  )

  test.each(['activity', 'verification', 'device'] as const)(
    'a server that closes leaves the rest of %s',
    async (table) => {
      await insertOld(t.database, table)
      const closing = new AbortController()
      const deletion = tidyUp(table, closing.signal)
      await countDuring(t.database, table, deletion, (left) => left < ROWS && closing.abort())
      expect(await count(t.database, table)).toBeGreaterThan(0)
      await tidyUp(table, new AbortController().signal)
      expect(await count(t.database, table)).toBe(0)
    },
  )
})

/** How many rows other queries found while the work was under way. */
async function countDuring(
  database: Database,
  table: string,
  work: Promise<void>,
  onCount: (count: number) => unknown = () => undefined,
): Promise<number[]> {
  const progress = { isDone: false }
  const done = work.finally(() => (progress.isDone = true))
  const counts: number[] = []
  while (!progress.isDone) {
    const left = await count(database, table)
    counts.push(left)
    onCount(left)
    await nextTurn()
  }
  await done
  return counts
}

async function count({ kysely }: Database, table: string): Promise<number> {
  const { rows } = await sql<{ count: number | string }>`select count(*) as count from ${sql.table(table)}`.execute(
    kysely,
  )
  return Number(rows[0]?.count)
}

async function insertOld({ kysely }: Database, table: Table): Promise<void> {
  const date = new Date(OLD).toISOString()
  const row = {
    activity: sql`insert into activity (user_tag, at, id, event) select 'user', ${OLD}, 'old-' || n, '{}' from numbers`,
    verification: sql`insert into verification (id, identifier, value, "expiresAt", "createdAt", "updatedAt")
      select 'old-' || n, 'old-' || n, 'value', ${date}, ${date}, ${date} from numbers`,
    device: sql`insert into device (id, "deviceId", "userId", "createdAt", "lastSeenAt")
      select 'old-' || n, 'old-' || n, 'owner', ${date}, ${date} from numbers`,
  }[table]
  await sql`delete from ${sql.table(table)}`.execute(kysely)
  await sql`insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
    values ('owner', 'Owner', 'owner@example.org', true, ${date}, ${date}) on conflict do nothing`.execute(kysely)
  await sql`with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${ROWS}) ${row}`.execute(
    kysely,
  )
}
