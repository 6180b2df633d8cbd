import { type Kysely, sql } from 'kysely'

/**
 * Whether a statement that begins like this waits for a lock in this database. Mails in the background may wait, too, and other
 * files have databases of their own on the same server.
 */
export async function waitsForLock(kysely: Kysely<unknown>, statement: string): Promise<boolean> {
  const query = sql`select 1 from pg_stat_activity
    where wait_event_type = 'Lock' and datname = current_database() and query like ${`${statement}%`}`
  return (await query.execute(kysely)).rows.length > 0
}
