import { AsyncLocalStorage } from 'node:async_hooks'
import type { DBTransactionAdapter } from '@better-auth/core/db/adapter'

/**
 * The adapter of the transaction that runs, before the plugin wraps it. SQLite has one connection: code that asked for
 * another transaction in the middle of one would wait forever.
 */
export const currentTransaction = new AsyncLocalStorage<DBTransactionAdapter>()

/** Works in the transaction that runs, and outside of one after its commit. */
export function runningOr(database: DBTransactionAdapter): DBTransactionAdapter {
  return currentTransaction.getStore() ?? database
}
