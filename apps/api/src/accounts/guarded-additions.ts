import { getCurrentAdapter, runWithTransaction } from '@better-auth/core/context'
import type { DBAdapter, DBTransactionAdapter } from '@better-auth/core/db/adapter'
import { z } from 'zod'
import { lockUser } from './people/lock-user.js'

const ofUser = z.looseObject({ userId: z.string() })

/**
 * The adapter, which looks at the other rows of a user before it adds one, in the same transaction. So requests at the same moment
 * cannot exceed a bound together. Callers that revoke sessions for the row look before that, too.
 *
 * @param refuse throws if the row must not be added.
 */
export function guardAdditions(
  sql: DBAdapter,
  model: 'passkey' | 'account' | 'twoFactor',
  refuse: (rows: DBTransactionAdapter, row: z.infer<typeof ofUser>) => Promise<void>,
): DBAdapter {
  const guard = (rows: DBTransactionAdapter): DBTransactionAdapter => ({
    ...rows,
    async create(input) {
      if (input.model === model) {
        const row = ofUser.parse(input.data)
        await lockUser({ adapter: rows }, row.userId)
        await refuse(rows, row)
      }
      return rows.create(input)
    },
  })
  return {
    ...sql,
    async create(input) {
      if (input.model !== model) return sql.create(input)
      return runWithTransaction(sql, async () => guard(await getCurrentAdapter(sql)).create(input))
    },
    transaction: (work) => sql.transaction((rows) => work(guard(rows))),
  }
}
