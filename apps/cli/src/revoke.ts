import { userInfo } from 'node:os'
import { countFits, type Filter, type Operation, type RunOptions } from '@rollcall/admin'
import { operationRow, recordOperation } from '@rollcall/api/operator'
import type { Connections } from './connections.js'
import { createProgress, describeSession, operationLine, type Output, sessionLine } from './output.js'

/** A mistake of the person who types. The message says what to do. */
export class UsageError extends Error {}

export interface RevokeOptions {
  readonly confirm?: string
  readonly reason?: string
  readonly note?: string
  readonly keep?: string
  readonly maxRate?: string
}

/** Shows what would be revoked, and revokes it if the count is confirmed. `null` selects everybody. */
export async function revoke(
  connections: Connections,
  filter: Filter | null,
  options: RevokeOptions,
  output: Output,
): Promise<void> {
  const confirmed = options.confirm === undefined ? null : wholeNumber('--confirm', options.confirm)
  const run: RunOptions = {
    ...(options.maxRate !== undefined && { maxUsersPerSecond: wholeNumber('--max-rate', options.maxRate) }),
  }
  const { sessions, users, sample } = await connections.admin.preview(filter, {
    ...(options.keep !== undefined && { keep: options.keep }),
  })
  if (confirmed === null) {
    for (const session of sample) output.note(sessionLine(session))
    const result = { dryRun: true, sessions, users, sample: sample.map(describeSession) }
    output.result(result, `${sessions} sessions of ${users} users would be revoked.`)
    output.note(sessions === 0 ? 'Nothing to do.' : `To revoke them, add: --confirm ${sessions}`)
    return
  }
  if (!countFits(sessions, confirmed))
    throw new UsageError(`The count does not fit: it is ${sessions} now, not ${confirmed}. Nothing was revoked.`)
  const request = {
    startedBy: userInfo().username,
    ...(options.reason !== undefined && { reason: options.reason }),
    ...(options.note !== undefined && { note: options.note }),
    ...(options.keep !== undefined && { keep: options.keep }),
    ...observe(connections, output, run),
  }
  const { admin } = connections
  await finish(connections, output, filter === null ? admin.revokeEveryone(request) : admin.revoke(filter, request))
}

/** Runs an operation again that has not ended. */
export async function resume(connections: Connections, id: string, output: Output): Promise<void> {
  await finish(connections, output, connections.admin.operations.resume(id, observe(connections, output, {})))
}

/** The progress, and the row in SQL from the first step on. */
function observe({ database }: Connections, output: Output, run: RunOptions): RunOptions {
  const show = createProgress(output)
  let isRecorded = false
  return {
    ...run,
    onProgress(operation) {
      show(operation)
      if (!isRecorded) {
        isRecorded = true
        output.note(`Operation ${operation.id}. To stop it: rollcall operations stop ${operation.id}`)
        recordOperation(database, operationRow(operation, 'revoke')).catch(() => undefined) // again at the end
      }
    },
  }
}

async function finish({ database }: Connections, output: Output, running: Promise<Operation>): Promise<void> {
  const operation = await running
  await recordOperation(database, operationRow(operation, 'revoke'))
  output.result(operation, operationLine(operation))
}

export function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new UsageError(`${option} must be a whole number`)
  return Number(text)
}
