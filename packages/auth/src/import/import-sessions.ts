import type { DBAdapter } from '@better-auth/core/db/adapter'
import {
  createSessionImport,
  type ImportOutcome,
  type SessionImportOptions,
  type SessionStore,
} from '@rollcall/session-store'
import { importingStore } from './importing-store.js'
import { createMover, type ImportAllOptions, type ImportCounts, type Mover, type UnreadableRow } from './mover.js'
import { OldSessionsError } from './old-session.js'
import { redisSessions, type SecondaryStorage } from './redis-sessions.js'
import { sqlSessions } from './sql-sessions.js'

export type { ImportAllOptions, ImportCounts, ImportOutcome, SecondaryStorage, UnreadableRow }

export interface ImportOptions extends SessionImportOptions {
  /** The `secondaryStorage` in which better-auth held the sessions. Default: they are in the table `session`. */
  readonly secondaryStorage?: SecondaryStorage
}

/** A session store that first imports what better-auth stored elsewhere. */
export interface ImportingStore extends SessionStore {
  /** Imports everything that is left. It may be stopped, killed and repeated. It waits until better-auth has started. */
  importAll(options?: ImportAllOptions): Promise<ImportCounts>
  /** The token that takes the place of one of better-auth; `null` if that does not sign in. */
  tokenFor(oldToken: string): Promise<string | null>
  /**
   * The plugin calls it with the database, when better-auth starts. The latest one counts, as after a hot reload.
   *
   * @throws {OldSessionsError} for a database without transactions.
   */
  readFrom(database: DBAdapter): void
}

/**
 * Moves the sessions of better-auth into the store while people stay signed in: pass the returned store to `rollcall` and to
 * everything else.
 *
 * All sessions of a user are imported before any of them is listed, revoked or joined by another. A cookie of better-auth signs
 * in until its browser has the new one. `importAll` imports the sessions of everybody else.
 *
 * @param options those that the store was created with.
 *
 * @example
 * const store = importSessions(createSessionStore({ redis }), { redis })
 * const auth = betterAuth({ database, plugins: [rollcall({ store })] })
 * await auth.$context
 * console.log(await store.importAll())
 */
export function importSessions(store: SessionStore, options: ImportOptions): ImportingStore {
  const { secondaryStorage, ...rest } = options
  let started: (database: DBAdapter) => void = () => undefined
  let database = new Promise<DBAdapter>((resolve) => (started = resolve))
  const mover: Mover = createMover(
    secondaryStorage ? redisSessions(secondaryStorage) : sqlSessions(() => database),
    createSessionImport({ clock: store.clock, timeouts: store.timeouts, ...rest }),
  )
  return {
    ...importingStore(store, mover),
    importAll: (given = {}) => mover.moveAll(given),
    tokenFor: (oldToken) => mover.tokenFor(oldToken),
    readFrom(adapter) {
      if (!secondaryStorage && adapter.options?.adapterConfig.transaction === false) {
        throw new OldSessionsError(
          'To import sessions, better-auth needs transactions: set database.transaction to true',
        )
      }
      started(adapter)
      database = Promise.resolve(adapter)
    },
  }
}
