import type { Operation, RunOptions } from '@rollcall/admin'

type Run = (watch: Pick<RunOptions, 'onStart'>) => Promise<Operation>

/** The operations that run in this process, each with its promise to end. */
export interface Background {
  readonly running: ReadonlyMap<string, Promise<void>>
  /** Resolves when the operation has an id and a row. It rejects if the row cannot be written; then nothing goes on. */
  start(run: Run): Promise<Operation>
}

/**
 * @param save Writes the row of an operation.
 * @param warn Called when one has failed that began.
 */
export function createBackground(
  save: (operation: Operation) => Promise<void>,
  warn: (message: string, reason: unknown) => void,
): Background {
  const running = new Map<string, Promise<void>>()

  const start = (run: Run): Promise<Operation> =>
    new Promise((resolve, reject) => {
      let began: Operation | undefined
      const onStart = async (operation: Operation): Promise<void> => {
        await save(operation)
        began = operation
        running.set(operation.id, settled)
        resolve(operation)
      }
      const settled = run({ onStart })
        .then(async (operation) => {
          resolve(operation) // also where it was to stop before it started
          await save(operation)
        })
        .catch((error: unknown) => {
          if (began === undefined) reject(error)
          else warn(`The operation ${began.id} failed, or its row could not be written`, error)
        })
        .finally(() => began && running.delete(began.id))
    })

  return { running, start }
}
