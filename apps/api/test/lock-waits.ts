import { type Kysely, sql } from 'kysely'

/** How many connections to this database wait for a lock. Other files have databases of their own on the same server. */
export async function lockWaits(kysely: Kysely<unknown>): Promise<number> {
  const query = sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
  return (await query.execute(kysely)).rows.length
}
