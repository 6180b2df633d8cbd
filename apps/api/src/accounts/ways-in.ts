import type { DBTransactionAdapter } from '@better-auth/core/db/adapter'
import { APIError } from 'better-auth/api'

/** One removal of a user at a time, within a transaction: PostgreSQL locks the row, and SQLite has one writer. */
export async function lockWaysIn(adapter: DBTransactionAdapter, userId: string): Promise<void> {
  await adapter.update({ model: 'user', where: [{ field: 'id', value: userId }], update: { updatedAt: new Date() } })
}

/**
 * @param providers ids of those that people can sign in with
 * @throws {APIError} 400 LAST_WAY_IN if the user has only one of passkeys, password and linked providers.
 */
export async function requireAnotherWayIn(
  adapter: DBTransactionAdapter,
  userId: string,
  providers: ReadonlySet<string>,
): Promise<void> {
  const where = [{ field: 'userId', value: userId }]
  const accounts = await adapter.findMany<{ providerId: string; password?: string | null }>({ model: 'account', where })
  const usable = accounts.filter(({ providerId, password }) => providers.has(providerId) || password)
  if (usable.length + (await adapter.count({ model: 'passkey', where })) <= 1)
    throw new APIError('BAD_REQUEST', { code: 'LAST_WAY_IN', message: 'An account must keep one way to sign in' })
}
