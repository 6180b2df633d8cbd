import { deviceOf } from '@rollcall/devices'
import { type Session, type SessionStore, userTagOf } from '@rollcall/session-store'
import type { Transaction } from 'kysely'
import { type ActivityEvent, type ActivityTable, newEventId, summaryOf, toRow } from '../activity/activity-rows.js'
import type { Database } from '../database/database.js'
import { foldName } from './search-names.js'

// Each of these changes a name with its event, in one transaction: no name changes without its trace.

/** A type, not an interface: Kysely wants an indexable one. */
type Tables = ActivityTable & {
  user: { id: string; name: string; searchName: string | null; updatedAt: string }
  passkey: { id: string; userId: string; name: string | null }
  device: { deviceId: string; userId: string; name: string | null }
}

/**
 * Changes the name of the person.
 *
 * @returns `false` for a user who is gone.
 * @throws {SessionStoreUnavailableError} and what the database fails with. Repeating it is harmless.
 */
export function renamePerson(database: Database, store: SessionStore, by: Session, to: string): Promise<boolean> {
  return withEvent(database, store, by, async (transaction, stamp) => {
    const row = await transaction
      .selectFrom('user')
      .select('name')
      .where('id', '=', by.userId)
      .$if(database.type === 'postgres', (query) => query.forUpdate()) // SQLite has one writer
      .executeTakeFirst()
    if (row === undefined || row.name === to) return row === undefined ? 'unknown' : 'same'
    const change = { name: to, searchName: foldName(to), updatedAt: new Date().toISOString() }
    await transaction.updateTable('user').set(change).where('id', '=', by.userId).execute()
    return { ...stamp, kind: 'noted', name: 'name-change', by: summaryOf(by) }
  })
}

/**
 * Names a passkey, by which its owner knows it when they remove one.
 *
 * @returns `false` for a passkey that is unknown or another user's.
 * @throws {SessionStoreUnavailableError} and what the database fails with. Repeating it is harmless.
 */
export function renamePasskey(
  database: Database,
  store: SessionStore,
  by: Session,
  id: string,
  to: string,
): Promise<boolean> {
  return withEvent(database, store, by, async (transaction, stamp) => {
    const row = await transaction
      .selectFrom('passkey')
      .select('name')
      .where('id', '=', id)
      .where('userId', '=', by.userId)
      .$if(database.type === 'postgres', (query) => query.forUpdate())
      .executeTakeFirst()
    if (row === undefined || row.name === to) return row === undefined ? 'unknown' : 'same'
    await transaction.updateTable('passkey').set({ name: to }).where('id', '=', id).execute()
    return { ...stamp, kind: 'noted', name: 'passkey-renamed', by: summaryOf(by) }
  })
}

/**
 * Names a device for all its sessions, and for those to come; `null` takes a name back.
 *
 * @returns `false` for a device that is unknown or another user's.
 * @throws {SessionStoreUnavailableError} and what the database fails with. Repeating it is harmless.
 */
export async function renameDevice(
  database: Database,
  store: SessionStore,
  by: Session,
  deviceId: string,
  to: string | null,
): Promise<boolean> {
  const [first] = await sessionsOf(store, by.userId, deviceId)
  const isKnown = await withEvent(database, store, by, async (transaction, stamp) => {
    const row = await transaction
      .selectFrom('device')
      .select('name')
      .where('deviceId', '=', deviceId)
      .where('userId', '=', by.userId)
      .$if(database.type === 'postgres', (query) => query.forUpdate())
      .executeTakeFirst()
    if (row === undefined || row.name === to) return row === undefined ? 'unknown' : 'same'
    await transaction.updateTable('device').set({ name: to }).where('deviceId', '=', deviceId).execute()
    const session = deviceOf(by)?.id === deviceId ? by : first
    return {
      ...stamp,
      kind: 'renamed',
      session: session ? summaryOf(session) : null,
      by: summaryOf(by),
      from: row.name,
      to,
    }
  })
  if (isKnown) await nameSessions(database, store, by.userId, deviceId)
  return isKnown
}

/** Each round follows another rename at the same time. */
const MAX_ROUNDS = 10

async function nameSessions(
  { kysely }: Database,
  store: SessionStore,
  userId: string,
  deviceId: string,
): Promise<void> {
  const device = kysely.withTables<Tables>().selectFrom('device').select('name').where('deviceId', '=', deviceId)
  // The earlier of two renames at the same time may reach Redis last. So it looks again.
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const row = await device.executeTakeFirst()
    if (row === undefined) return
    const { name } = row
    const stale = (await sessionsOf(store, userId, deviceId)).filter((session) => deviceOf(session)?.name !== name)
    if (stale.length === 0) return
    await Promise.all(
      stale.map((session) =>
        store.update(session, { device: { id: deviceId, name, ...(deviceOf(session)?.isNew && { isNew: true }) } }),
      ),
    )
  }
}

async function sessionsOf(store: SessionStore, userId: string, deviceId: string): Promise<Session[]> {
  return (await store.list(userId)).filter((session) => deviceOf(session)?.id === deviceId)
}

/**
 * @param change gives the event, or says that the name is the same by now or that there is nothing to name.
 * @returns Whether there is something with that name.
 */
async function withEvent(
  { kysely }: Database,
  store: SessionStore,
  by: Session,
  change: (
    transaction: Transaction<Tables>,
    stamp: { id: string; at: Date },
  ) => Promise<ActivityEvent | 'same' | 'unknown'>,
): Promise<boolean> {
  const at = await store.time()
  return kysely
    .withTables<Tables>()
    .transaction()
    .execute(async (transaction) => {
      const event = await change(transaction, { id: newEventId(at), at })
      if (typeof event === 'string') return event === 'same'
      await transaction
        .insertInto('activity')
        .values(toRow(userTagOf(by.userId), event))
        .execute()
      return true
    })
}
