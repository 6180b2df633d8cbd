import { type SessionStore, userTagOf } from '@rollcall/session-store'
import { sql } from 'kysely'
import { type ActivityTable, newEventId, nobody, toRow } from '../activity/activity-rows.js'
import type { Database } from '../database/database.js'

/** A type, not an interface: Kysely wants an indexable one. */
type Tables = ActivityTable & {
  user: { id: string; banned: unknown; banReason: string | null; banExpires: unknown; updatedAt: string }
}

/**
 * Lifts the ban of a user, with its event in one transaction.
 *
 * @returns `false` for a user who is not banned, or gone.
 * @throws {SessionStoreUnavailableError} and what the database fails with. Nothing has changed then, unless the commit was not answered.
 */
export async function liftBan({ kysely }: Database, store: SessionStore, userId: string): Promise<boolean> {
  const at = await store.time()
  return kysely
    .withTables<Tables>()
    .transaction()
    .execute(async (transaction) => {
      const lifted = await transaction
        .updateTable('user')
        .set({ banned: sql`false`, banReason: null, banExpires: null, updatedAt: new Date().toISOString() })
        .where('id', '=', userId)
        .where('banned', '=', sql`true`)
        .returning('id')
        .execute()
      if (lifted.length === 0) return false
      const event = { id: newEventId(at), at, kind: 'noted', name: 'user-unbanned', by: nobody } as const
      await transaction
        .insertInto('activity')
        .values(toRow(userTagOf(userId), event))
        .execute()
      return true
    })
}
