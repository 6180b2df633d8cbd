import type { Operation } from '@rollcall/admin'
import type { OperationRow } from '../accounts/activity/activity-rows.js'
import { recordRun, type Watch } from './record-run.js'

type Run = (watch: Watch) => Promise<Operation>

/** The operations that run in this process, each with its promise to end. */
export interface Background {
  readonly running: ReadonlyMap<string, Promise<void>>
  /** Resolves when the operation has an id and a row. If the row cannot be written, it rejects and nothing goes on. */
  start(run: Run): Promise<Operation>
}

/**
 * @param save Writes a row.
 * @param warn Called when an operation failed that had begun, or when its last row cannot be written.
 */
export function createBackground(
  save: (row: OperationRow) => Promise<void>,
  warn: (message: string, reason: unknown) => void,
): Background {
  const running = new Map<string, Promise<void>>()

  const start = (run: Run): Promise<Operation> =>
    new Promise((resolve, reject) => {
      let began: Operation | undefined
      const settled = recordRun('revoke', save, warn, ({ onStart, onProgress }) =>
        run({
          async onStart(operation) {
            await onStart(operation)
            began = operation
            running.set(operation.id, settled)
            resolve(operation)
          },
          onProgress,
        }),
      )
        .then(resolve) // also where it was to stop before it started
        .catch((error: unknown) => {
          if (began === undefined) reject(error)
          else warn(`The operation ${began.id} failed`, error)
        })
        .finally(() => began && running.delete(began.id))
    })

  return { running, start }
}
