import { queueAfterTransactionHook } from '@better-auth/core/context'

/** The work of a policy that is left after the row is written. */
export type AfterWrite = () => Promise<void>

export const doNothing: AfterWrite = async () => undefined

/** Outside of a transaction, better-auth does such work at once: so it is asked to only when the row is written. */
export function afterCommit(work: () => Promise<void>): AfterWrite {
  return () => queueAfterTransactionHook(work)
}

/** Prepares the same for each, one after the other. */
export async function forEachOf<T>(items: Iterable<T>, prepare: (item: T) => Promise<AfterWrite>): Promise<AfterWrite> {
  const afterWrites: AfterWrite[] = []
  for (const item of items) afterWrites.push(await prepare(item))
  return async () => {
    for (const afterWrite of afterWrites) await afterWrite()
  }
}
