import type { Operation, RunOptions } from '@rollcall/admin'
import type { OperationAction, OperationRow } from '../accounts/activity/activity-rows.js'
import { operationRow } from '../accounts/activity/operations.js'

export type Watch = Required<Pick<RunOptions, 'onStart' | 'onProgress'>>

/**
 * Runs an operation that a person waits for, between two writes of its row. Without the first, it revokes nothing. If only the
 * last one fails, the operation is done all the same. Its row then says `running` until a server corrects it.
 *
 * @param save Writes a row.
 * @param warn Called when the last write fails.
 * @param run Starts the operation with these options, and may do more work after it.
 */
export async function recordRun(
  action: OperationAction,
  save: (row: OperationRow) => Promise<void>,
  warn: (message: string, reason: unknown) => void,
  run: (watch: Watch) => Promise<Operation>,
): Promise<Operation> {
  let row: OperationRow | undefined
  const watch: Watch = {
    onStart: async (operation) => {
      const first = operationRow(operation, action)
      await save(first)
      row = first
    },
    onProgress: (operation) => {
      row &&= operationRow(operation, action)
    },
  }
  let operation: Operation
  try {
    operation = await run(watch)
  } catch (error) {
    if (row !== undefined) await save({ ...row, state: 'failed' }).catch(() => undefined)
    throw error
  }
  await save(operationRow(operation, action)).catch((reason: unknown) =>
    warn(`The operation ${operation.id} is ${operation.state}, but its row could not be written`, reason),
  )
  return operation
}
