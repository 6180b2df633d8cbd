import type { DBAdapter, DBTransactionAdapter, Where } from '@better-auth/core/db/adapter'
import { currentTransaction } from '../request/transaction.js'
import type { OldRow, OldSessions } from './old-session.js'

const BATCH = 200
/** Up to so many rows are removed one by one. */
const FEW = 4

const model = 'session'

/** The table `session` of better-auth. Rows are removed in a transaction, which commits once they are in Redis. */
export function sqlSessions(database: () => Promise<DBAdapter>): OldSessions {
  const current = async (): Promise<DBTransactionAdapter> => currentTransaction.getStore() ?? database()

  async function transaction<T>(work: (sql: DBTransactionAdapter) => Promise<T>): Promise<T> {
    const running = currentTransaction.getStore()
    return running === undefined ? (await database()).transaction(work) : work(running)
  }

  return {
    ofToken: async (token) => (await current()).findMany<OldRow>({ model, where: [{ field: 'token', value: token }] }),

    async *batches(userId) {
      const ofUser: Where[] = userId === undefined ? [] : [{ field: 'userId', value: userId }]
      let after: Where[] = []
      for (;;) {
        const sql = await current()
        const rows: (OldRow & { readonly id: string })[] = await sql.findMany({
          model,
          where: [...ofUser, ...after],
          sortBy: { field: 'id', direction: 'asc' },
          limit: BATCH,
        })
        if (rows.length > 0) yield rows
        const last = rows.at(-1)
        if (last === undefined || rows.length < BATCH) return
        after = [{ field: 'id', operator: 'gt', value: last.id }]
      }
    },

    async take(tokens, adopt) {
      const adoptFrom = (remove: typeof removeTogether) => transaction(async (sql) => adopt(await remove(sql, tokens)))
      // Nothing of a transaction that was begun elsewhere can be rolled back here.
      if (tokens.length <= FEW || currentTransaction.getStore() !== undefined) return adoptFrom(removeOneByOne)
      try {
        return await adoptFrom(removeTogether)
      } catch (error) {
        if (error instanceof RowsChanged) return adoptFrom(removeOneByOne)
        throw error
      }
    },
  }
}

/** Somebody else removed one of the rows in between, and nobody knows which. */
class RowsChanged extends Error {}

const byTokens = (tokens: readonly string[]): Where[] => [{ field: 'token', operator: 'in', value: [...tokens] }]

async function removeTogether(sql: DBTransactionAdapter, tokens: readonly string[]): Promise<OldRow[]> {
  const where = byTokens(tokens)
  const rows = await sql.findMany<OldRow>({ model, where, limit: tokens.length })
  if ((await sql.deleteMany({ model, where })) !== rows.length) throw new RowsChanged()
  return rows
}

async function removeOneByOne(sql: DBTransactionAdapter, tokens: readonly string[]): Promise<OldRow[]> {
  const rows: OldRow[] = []
  for (const token of tokens) {
    const row = await sql.consumeOne<OldRow>({ model, where: [{ field: 'token', value: token }] })
    if (row !== null) rows.push(row)
  }
  return rows
}

/** Whether the table holds a session that would sign in with better-auth alone. */
export async function hasLiveSessions(database: Pick<DBAdapter, 'findMany'>, now: number): Promise<boolean> {
  const where = [{ field: 'expiresAt', operator: 'gt' as const, value: new Date(now) }]
  return (await database.findMany({ model, where, limit: 1 })).length > 0
}
