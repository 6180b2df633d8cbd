import { type Session, type SessionStore, userTagOf } from '@rollcall/session-store'
import type { Transaction } from 'kysely'
import { type ActivityTable, newEventId, toRow, toSummary } from './activity-rows.js'
import type { Database } from './database.js'

/** A type, not an interface: Kysely wants an indexable one. */
type Tables = ActivityTable & {
  user: { id: string; name: string; updatedAt: string }
  passkey: { id: string; userId: string; name: string | null }
}

type Outcome = 'changed' | 'same' | 'unknown'

/**
 * Changes the name of the person. Like every name, it never changes without its event.
 *
 * @returns `false` for a user who is gone.
 * @throws {SessionStoreUnavailableError} and what the database fails with. Repeating it is harmless.
 */
export function renamePerson(database: Database, store: SessionStore, by: Session, to: string): Promise<boolean> {
  return withEvent(database, store, by, 'name-change', async (transaction) => {
    const row = await transaction
      .selectFrom('user')
      .select('name')
      .where('id', '=', by.userId)
      .$if(database.type === 'postgres', (query) => query.forUpdate()) // SQLite has one writer
      .executeTakeFirst()
    if (row === undefined || row.name === to) return row === undefined ? 'unknown' : 'same'
    const change = { name: to, updatedAt: new Date().toISOString() }
    await transaction.updateTable('user').set(change).where('id', '=', by.userId).execute()
    return 'changed'
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
  return withEvent(database, store, by, 'passkey-renamed', async (transaction) => {
    const row = await transaction
      .selectFrom('passkey')
      .select('name')
      .where('id', '=', id)
      .where('userId', '=', by.userId)
      .$if(database.type === 'postgres', (query) => query.forUpdate())
      .executeTakeFirst()
    if (row === undefined || row.name === to) return row === undefined ? 'unknown' : 'same'
    await transaction.updateTable('passkey').set({ name: to }).where('id', '=', id).execute()
    return 'changed'
  })
}

/** The event is written in the transaction that changes the name. */
async function withEvent(
  { kysely }: Database,
  store: SessionStore,
  by: Session,
  name: string,
  change: (transaction: Transaction<Tables>) => Promise<Outcome>,
): Promise<boolean> {
  const at = await store.time()
  return kysely
    .withTables<Tables>()
    .transaction()
    .execute(async (transaction) => {
      const outcome = await change(transaction)
      if (outcome === 'changed') {
        const event = { id: newEventId(at), at, kind: 'noted', name, by: toSummary(by) } as const
        await transaction
          .insertInto('activity')
          .values(toRow(userTagOf(by.userId), event))
          .execute()
      }
      return outcome !== 'unknown'
    })
}
