import { AsyncLocalStorage } from 'node:async_hooks'
import type { DBTransactionAdapter } from '@better-auth/core/db/adapter'

/**
 * The adapter of the transaction that runs, before the plugin wraps it. SQLite has one connection: code that asked for
 * another transaction in the middle of one would wait forever.
 */
export const currentTransaction = new AsyncLocalStorage<DBTransactionAdapter>()
