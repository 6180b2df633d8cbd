import { type ImportOutcome, type SessionImport, SessionStoreUnavailableError } from '@rollcall/session-store'
import { z } from 'zod'
import { type OldRow, type OldSessions, readOldRow } from './old-session.js'

export interface ImportAllOptions {
  /** Called after each batch with the counts so far. */
  readonly onProgress?: (counts: ImportCounts) => void
  /** Stops after the batch that runs; a later call continues. */
  readonly signal?: AbortSignal
}

export interface UnreadableRow {
  /** The row's id; empty if it has none. */
  readonly id: string
  /** Why it is no session, without its values. */
  readonly reason: string
}

/** How many rows had each outcome. */
export interface ImportCounts extends Readonly<Record<ImportOutcome, number>> {
  /** They stay where they are. */
  readonly unreadable: number
  /** The first 100 of them. */
  readonly unreadableRows: readonly UnreadableRow[]
}

/** Moves old sessions into Redis. */
export interface Mover {
  tokenFor(oldToken: string): Promise<string | null>
  moveUser(userId: string): Promise<void>
  moveAll(options: ImportAllOptions): Promise<ImportCounts>
  forget(importedFrom: string): Promise<void>
}

const MAX_NAMED = 100

/** Its operations reject with `SessionStoreUnavailableError` if a database gives no answer: nobody is signed out. */
export function createMover(storage: OldSessions, sessions: SessionImport): Mover {
  const old = withOutages(storage)

  async function move(rows: readonly OldRow[]): Promise<ImportOutcome[]> {
    const tokens = rows.filter((row) => problemOf(row) === null).map(({ token }) => String(token))
    return tokens.length === 0 ? [] : old.take(tokens, async (taken) => sessions.add(taken.map(readOldRow)))
  }

  return {
    async tokenFor(oldToken) {
      await move(await old.ofToken(oldToken))
      return sessions.tokenOf(oldToken)
    },

    async moveUser(userId) {
      for await (const rows of old.batches(userId)) await move(rows)
    },

    async moveAll({ onProgress, signal }) {
      const counts = { imported: 0, known: 0, superseded: 0, expired: 0, unreadable: 0 }
      const unreadableRows: UnreadableRow[] = []
      const snapshot = (): ImportCounts => ({ ...counts, unreadableRows: [...unreadableRows] })
      for await (const rows of old.batches()) {
        for (const row of rows) {
          const reason = problemOf(row)
          if (reason === null) continue
          counts.unreadable += 1
          if (unreadableRows.length < MAX_NAMED) unreadableRows.push({ id: idOf(row), reason })
        }
        for (const outcome of await move(rows)) counts[outcome] += 1
        onProgress?.(snapshot())
        if (signal?.aborted) break
      }
      return snapshot()
    },

    forget: (importedFrom) => sessions.forget(importedFrom),
  }
}

function idOf({ id }: OldRow): string {
  return typeof id === 'string' ? id : ''
}

/** The fields of a row that cannot be read, or `null`. */
function problemOf(row: OldRow): string | null {
  try {
    readOldRow(row)
    return null
  } catch (error) {
    return error instanceof z.ZodError ? error.issues.map(({ path }) => path.join('.')).join(', ') : String(error)
  }
}

/** Whatever a storage fails with is an outage, because each driver has errors of its own. An error of `adopt` is no outage. */
function withOutages(old: OldSessions): OldSessions {
  const fail = (error: unknown): never => {
    throw new SessionStoreUnavailableError(error)
  }
  return {
    ofToken: (token) => old.ofToken(token).catch(fail),

    async *batches(userId) {
      try {
        yield* old.batches(userId)
      } catch (error) {
        fail(error)
      }
    },

    async take(tokens, adopt) {
      let refused: { readonly error: unknown } | undefined
      const adoptRows: typeof adopt = (rows) =>
        adopt(rows).catch((error: unknown) => {
          refused = { error }
          throw error
        })
      return old.take(tokens, adoptRows).catch((error: unknown) => {
        if (refused !== undefined) throw refused.error
        return fail(error)
      })
    },
  }
}
