import type { Operation } from '@rollcall/admin'

type Run = (onProgress: (operation: Operation) => void) => Promise<Operation>

/** The operations that run in this process, each with its promise to end. */
export interface Background {
  readonly running: ReadonlyMap<string, Promise<void>>
  /** Resolves at the operation's first report: it has an id then, and its row is written. */
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
      const ended = run((operation) => {
        if (began !== undefined) return
        began = operation
        running.set(operation.id, settled)
        save(operation).then(() => resolve(operation), reject)
      })
      const settled = ended
        .then(save)
        .catch((error: unknown) => {
          if (began === undefined) reject(error)
          else warn(`The operation ${began.id} failed, or its row could not be written`, error)
        })
        .finally(() => began && running.delete(began.id))
    })

  return { running, start }
}
