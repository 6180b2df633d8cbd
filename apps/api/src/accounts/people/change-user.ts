import { type SessionStore, userTagOf } from '@rollcall/session-store'
import { type RawBuilder, sql } from 'kysely'
import { type ActivityTable, newEventId, nobody, toRow } from '../activity/activity-rows.js'
import type { Database } from '../database/database.js'

/** As better-auth's plugin `admin` names it, in the column `role`. */
export const ADMINISTRATOR = 'admin'

/** The columns that better-auth's plugin `admin` adds to a user. */
interface Columns {
  banned: unknown
  banReason: string | null
  banExpires: unknown
  role: string | null
}

/** A type, not an interface: Kysely wants an indexable one. */
type Tables = ActivityTable & { user: Columns & { id: string; updatedAt: string } }

interface Change {
  /** Before it. A user who is otherwise is left alone. */
  readonly from: RawBuilder<boolean>
  readonly to: Partial<Columns>
}

/** They revoke nothing. A change that does leaves its event in Redis. */
const changes = {
  'user-unbanned': {
    from: sql<boolean>`banned = true`,
    to: { banned: sql`false`, banReason: null, banExpires: null },
  },
  'administrator-added': { from: sql<boolean>`coalesce(role, '') <> ${ADMINISTRATOR}`, to: { role: ADMINISTRATOR } },
  'administrator-removed': { from: sql<boolean>`role = ${ADMINISTRATOR}`, to: { role: 'user' } },
} as const satisfies Record<string, Change>

/** As the audit and the activity name it. */
export type UserChange = keyof typeof changes

/**
 * Changes a user, with the event in one transaction.
 *
 * @returns `false` for a user who is so already, or gone.
 * @throws {SessionStoreUnavailableError} and what the database fails with. Nothing has changed then, unless the commit was not answered.
 */
export async function changeUser(
  { kysely }: Database,
  store: Pick<SessionStore, 'time'>,
  userId: string,
  name: UserChange,
): Promise<boolean> {
  const { from, to } = changes[name]
  const at = await store.time()
  return kysely
    .withTables<Tables>()
    .transaction()
    .execute(async (transaction) => {
      const changed = await transaction
        .updateTable('user')
        .set({ ...to, updatedAt: new Date().toISOString() })
        .where('id', '=', userId)
        .where(from)
        .returning('id')
        .execute()
      if (changed.length === 0) return false
      const event = { id: newEventId(at), at, kind: 'noted', name, by: nobody } as const
      await transaction
        .insertInto('activity')
        .values(toRow(userTagOf(userId), event))
        .execute()
      return true
    })
}
