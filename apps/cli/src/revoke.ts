import { userInfo } from 'node:os'
import type { Filter, Operation, RunOptions } from '@rollcall/admin'
import { recordOperation } from '@rollcall/api/operator'
import type { Session } from '@rollcall/session-store'
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

const SAMPLE = 5
/** People sign in and out between the two runs. A count fits if it is off by no more than a fiftieth. */
const TOLERANCE = 1 / 50

interface Preview {
  readonly sessions: number
  readonly users: number
  readonly sample: Session[]
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
  const { sessions, users, sample } = await preview(connections, filter, options.keep)
  if (confirmed === null) {
    for (const session of sample) output.note(sessionLine(session))
    const result = { dryRun: true, sessions, users, sample: sample.map(describeSession) }
    output.result(result, `${sessions} sessions of ${users} users would be revoked.`)
    output.note(sessions === 0 ? 'Nothing to do.' : `To revoke them, add: --confirm ${sessions}`)
    return
  }
  if (!fits(sessions, confirmed))
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

async function preview({ admin }: Connections, filter: Filter | null, keep: string | undefined): Promise<Preview> {
  let [sessions, users, lastUser] = [0, 0, '']
  const sample: Session[] = []
  // Everybody, for a preview alone.
  for await (const session of admin.find(filter ?? { signedInAfter: new Date(0) })) {
    if (session.id === keep) continue
    sessions += 1
    // The sessions of a user come together, so no list of users is needed.
    if (session.userId !== lastUser) users += 1
    lastUser = session.userId
    if (sample.length < SAMPLE) sample.push(session)
  }
  return { sessions, users, sample }
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
        recordOperation(database, rowOf(operation)).catch(() => undefined) // again at the end
      }
    },
  }
}

async function finish({ database }: Connections, output: Output, running: Promise<Operation>): Promise<void> {
  const operation = await running
  await recordOperation(database, rowOf(operation))
  output.result(operation, operationLine(operation))
}

function rowOf({ id, startedAt, filter, reason, note, startedBy, state, revoked }: Operation) {
  const text = filter === null ? '' : JSON.stringify(filter)
  return { id, at: startedAt.getTime(), filter: text, reason, note, started_by: startedBy, state, revoked }
}

/** Whether a count is near enough to the one that was confirmed. */
export function fits(count: number, confirmed: number): boolean {
  return Math.abs(count - confirmed) <= confirmed * TOLERANCE
}

export function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new UsageError(`${option} must be a whole number`)
  return Number(text)
}
