import { queueAfterTransactionHook } from '@better-auth/core/context'

/** The work of a policy that is left after the row is written. It calls `undo` if the session that added the row has ended. */
export type AfterWrite = (undo: () => Promise<unknown>) => Promise<void>

export const doNothing = async (): Promise<void> => undefined

/** Outside of a transaction, better-auth does such work at once: so it is asked to only when the row is written. */
export function afterCommit(work: AfterWrite): AfterWrite {
  return (undo) => queueAfterTransactionHook(() => work(undo))
}

/** Prepares the same for each, one after the other. */
export async function forEachOf<T>(items: Iterable<T>, prepare: (item: T) => Promise<AfterWrite>): Promise<AfterWrite> {
  const afterWrites: AfterWrite[] = []
  for (const item of items) afterWrites.push(await prepare(item))
  return async (undo) => {
    for (const afterWrite of afterWrites) await afterWrite(undo)
  }
}
