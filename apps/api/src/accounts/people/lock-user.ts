import { getCurrentAdapter } from '@better-auth/core/context'
import type { DBTransactionAdapter } from '@better-auth/core/db/adapter'

interface LockedUser {
  readonly email: string
  readonly emailVerified: boolean
}

/**
 * Locks the row of a user until the transaction ends, so that one request at a time changes how that user signs in. PostgreSQL
 * locks the row, and SQLite has one writer.
 *
 * @returns `null` for a user who is gone.
 * @throws {Error} of the database.
 */
export async function lockUser(
  { adapter }: { readonly adapter: DBTransactionAdapter },
  userId: string,
): Promise<LockedUser | null> {
  const sql = await getCurrentAdapter(adapter)
  const where = [{ field: 'id', value: userId }]
  return sql.update<LockedUser>({ model: 'user', where, update: { updatedAt: new Date() } })
}
