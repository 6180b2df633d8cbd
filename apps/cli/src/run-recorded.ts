import { type Operation, OperationStateError, type RunOptions } from '@rollcall/admin'
import { databaseError, type OperationAction, recordCommand } from '@rollcall/api/operator'
import type { Connections } from './connections.js'
import { createProgress, operationLine, type Output, progressOf } from './output.js'
import { UsageError } from './usage-error.js'

/** Shows an operation while it runs, and when it has ended. */
export interface Report {
  show(operation: Operation): void
  finish(operation: Operation): void
}

interface Recorded {
  readonly action: OperationAction
  /** Default: its sessions, and then all of its counts. */
  readonly report?: Report
}

/** Runs an operation with a row in SQL, and shows its id and its progress. */
export async function runRecorded(
  { database, settings }: Pick<Connections, 'database' | 'settings'>,
  output: Output,
  { action, report = createReport(output) }: Recorded,
  run: (watch: RunOptions) => Promise<Operation>,
): Promise<void> {
  const warn = (message: string, reason: unknown): void =>
    output.warn(`${message}. ${databaseError(reason, settings).message}`)
  let id: string | undefined
  const interrupt = (): void => printHowToResume(id, output)
  process.once('exit', interrupt) // a signal ends the process
  try {
    const operation = await recordCommand(database, action, warn, ({ onStart, onProgress }) =>
      run({
        async onStart(operation) {
          await onStart(operation)
          id = operation.id
          output.note(`Operation ${id}. To stop it: rollcall operations stop ${id}`)
        },
        onProgress(operation) {
          onProgress(operation)
          report.show(operation)
        },
        onOutage: () => output.warn('Redis does not answer. The operation tries again for a minute.'),
      }),
    )
    report.finish(operation)
  } catch (error) {
    // Another process has taken over, or nothing was to be done.
    if (!(error instanceof OperationStateError || error instanceof UsageError)) printHowToResume(id, output)
    throw error
  } finally {
    process.off('exit', interrupt)
  }
}

function printHowToResume(id: string | undefined, output: Output): void {
  if (id !== undefined) output.warn(`It is not done. To go on: rollcall operations resume ${id}`)
}

function createReport(output: Output): Report {
  const show = createProgress(output)
  return {
    show: (operation) => show(progressOf(operation)),
    finish: (operation) => output.result(operation, operationLine(operation)),
  }
}
