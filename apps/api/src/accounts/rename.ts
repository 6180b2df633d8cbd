import { deviceOf } from '@rollcall/devices'
import { type Session, type SessionStore, userTagOf } from '@rollcall/session-store'
import { type ActivityTable, newEventId, toRow, toSummary } from './activity-rows.js'
import type { Database } from './database.js'

/** A type, not an interface: Kysely wants an indexable one. */
type Tables = ActivityTable & {
  device: { deviceId: string; userId: string; name: string | null }
}

/**
 * Names a device for all its sessions, and for those to come; `null` takes a name back. The event is written in the
 * transaction that changes the name: there is no new name without its trace.
 *
 * @returns `false` for a device that is unknown or another user's.
 * @throws {SessionStoreUnavailableError} and what the database fails with. Repeating it is harmless.
 */
export async function renameDevice(
  { kysely, type }: Database,
  store: SessionStore,
  by: Session,
  deviceId: string,
  to: string | null,
): Promise<boolean> {
  const { userId } = by
  const [all, at] = await Promise.all([store.list(userId), store.time()])
  const sessions = all.filter((session) => deviceOf(session)?.id === deviceId)
  const isKnown = await kysely
    .withTables<Tables>()
    .transaction()
    .execute(async (transaction) => {
      const row = await transaction
        .selectFrom('device')
        .select('name')
        .where('deviceId', '=', deviceId)
        .where('userId', '=', userId)
        .$if(type === 'postgres', (query) => query.forUpdate()) // SQLite has one writer
        .executeTakeFirst()
      if (row === undefined) return false
      if (row.name === to) return true
      await transaction.updateTable('device').set({ name: to }).where('deviceId', '=', deviceId).execute()
      const session = deviceOf(by)?.id === deviceId ? by : sessions[0]
      const event = {
        kind: 'renamed',
        session: session ? toSummary(session) : null,
        by: toSummary(by),
        from: row.name,
        to,
      } as const
      await transaction
        .insertInto('activity')
        .values(toRow(userTagOf(userId), { id: newEventId(at), at, ...event }))
        .execute()
      return true
    })
  if (!isKnown) return false
  await Promise.all(
    sessions.map((session) =>
      store.update(session, { device: { id: deviceId, name: to, ...(deviceOf(session)?.isNew && { isNew: true }) } }),
    ),
  )
  return true
}
