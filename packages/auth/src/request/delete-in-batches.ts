import { setImmediate as nextTurn } from 'node:timers/promises'
import type { DBTransactionAdapter } from '@better-auth/core/db/adapter'

/** Rows of one statement. An embedded database blocks the process meanwhile, and a server gives a query some seconds. */
const BATCH = 500

/**
 * Deletes in batches until one is not full. Others get a turn of the event loop after each.
 *
 * @param deleteBatch Deletes as many rows as it is given, or all. Resolves to how many it found.
 * @param signal If it aborts, the rest stays.
 */
export async function deleteInBatches(
  deleteBatch: (limit: number) => Promise<number>,
  signal?: AbortSignal,
): Promise<void> {
  for (;;) {
    if (signal?.aborted || (await deleteBatch(BATCH)) < BATCH) return
    await nextTurn()
  }
}

/** Deletes the rows of a model whose date is before another, in batches. */
export async function deleteOlder(
  sql: Pick<DBTransactionAdapter, 'findMany' | 'deleteMany'>,
  { model, field, before }: { readonly model: string; readonly field: string; readonly before: Date },
  signal?: AbortSignal,
): Promise<void> {
  const isOlder = { field, operator: 'lt', value: before } as const
  await deleteInBatches(async (limit) => {
    const rows = await sql.findMany<{ id: string }>({ model, where: [isOlder], select: ['id'], limit })
    const ids = rows.map(({ id }) => id)
    // Not those that were renewed meanwhile.
    if (ids.length > 0) await sql.deleteMany({ model, where: [isOlder, { field: 'id', operator: 'in', value: ids }] })
    return ids.length
  }, signal)
}
