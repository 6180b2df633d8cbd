import type { Clock } from '@rollcall/session-store'
import type { DBTransactionAdapter } from '@better-auth/core/db/adapter'

/**
 * The adapter, which dates each password by the clock that servers share. A device is known if it has signed in since, and Redis
 * dates a sign-in.
 */
export function datePasswords(sql: DBTransactionAdapter, clock: Clock): DBTransactionAdapter {
  const dateOf = (model: string, row: object): { updatedAt?: Date } =>
    model === 'account' && 'password' in row ? { updatedAt: new Date(clock()) } : {}
  return {
    ...sql,
    create: (input) => sql.create({ ...input, data: { ...input.data, ...dateOf(input.model, input.data) } }),
    update: (input) => sql.update({ ...input, update: { ...input.update, ...dateOf(input.model, input.update) } }),
    updateMany: (input) =>
      sql.updateMany({ ...input, update: { ...input.update, ...dateOf(input.model, input.update) } }),
  }
}
