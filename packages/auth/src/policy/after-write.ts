import { queueAfterTransactionHook } from '@better-auth/core/context'
import type { AuditEventName } from '../audit/audit.js'
import { currentPath } from '../request/current-endpoint.js'
import { recordError } from '../request/database-errors.js'
import { requestState } from '../request/request-state.js'

/**
 * The work of a policy that is left after the row is written, called in the transaction of that row. It calls `undo` if the
 * session that added the row has ended.
 */
export type AfterWrite = (undo: () => Promise<unknown>) => Promise<void>

export const doNothing = async (): Promise<void> => undefined

export interface Change {
  readonly event: AuditEventName
  readonly userId: string
}

/**
 * Called in the transaction of a change, once its row is written. Its writes in that transaction are there
 * exactly if the change is, whatever is killed. It resolves to a function that takes it back with the change.
 */
export type OnChange = (change: Change) => Promise<() => Promise<void>>

/** The change is reported in its transaction, and the work done after the commit. */
export function afterCommit(onChange: OnChange, change: Change, work: AfterWrite = doNothing): AfterWrite {
  return async (undo) => {
    const withdraw = await onChange(change).catch(async (error: unknown) => {
      await recordError(error) // which an endpoint may hide
      throw error
    })
    if (currentPath()?.startsWith('/two-factor/')) (await requestState()).undos.push(withdraw) // its writes are taken back there
    await queueAfterTransactionHook(() =>
      work(async () => {
        await undo()
        await withdraw()
      }),
    )
  }
}

/** Prepares the same for each, one after the other. */
export async function forEachOf<T>(items: Iterable<T>, prepare: (item: T) => Promise<AfterWrite>): Promise<AfterWrite> {
  const afterWrites: AfterWrite[] = []
  for (const item of items) afterWrites.push(await prepare(item))
  if (afterWrites.every((afterWrite) => afterWrite === doNothing)) return doNothing
  return async (undo) => {
    for (const afterWrite of afterWrites) await afterWrite(undo)
  }
}
