import { deleteInBatches } from '@rollcall/auth'
import { type Kysely, sql } from 'kysely'
import type { ActivityTable } from './activity-rows.js'

/** The columns of the primary key, by table. */
const keys = { activity: ['user_tag', 'at', 'id'], deleted_user: ['user_tag'] } as const

/** Deletes what is older than `oldest`, in milliseconds since the epoch. Ends early if the signal aborts. */
export async function deleteOldActivity(
  kysely: Kysely<ActivityTable>,
  oldest: number,
  signal: AbortSignal,
): Promise<void> {
  for (const table of ['activity', 'deleted_user'] as const) {
    const key = sql.join(keys[table].map((column) => sql.ref(column)))
    await deleteInBatches(async (limit) => {
      const { numAffectedRows = 0n } = await sql`delete from ${sql.table(table)} where (${key}) in
        (select ${key} from ${sql.table(table)} where at < ${oldest} order by at limit ${limit})`.execute(kysely)
      return Number(numAffectedRows)
    }, signal)
  }
}
