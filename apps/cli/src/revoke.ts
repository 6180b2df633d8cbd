import { userInfo } from 'node:os'
import { countFits, type Filter } from '@rollcall/admin'
import type { Connections } from './connections.js'
import { type FilterOptions, knownUsers } from './filter-options.js'
import { counted, describeSession, type Output, sessionLine } from './output.js'
import { runRecorded } from './run-recorded.js'
import { sessionId, shortText, UsageError, wholeNumber } from './usage-error.js'

export interface RevokeOptions extends FilterOptions {
  readonly confirm?: string
  readonly reason?: string
  readonly note?: string
  readonly keep?: string
  readonly maxRate?: string
}

const RECORDED = { action: 'revoke' } as const

/** Shows what would be revoked, and revokes it if the count is confirmed. `null` selects everybody. */
export async function revoke(
  connections: Connections,
  filter: Filter | null,
  options: RevokeOptions,
  output: Output,
): Promise<void> {
  const confirmed = options.confirm === undefined ? null : wholeNumber('--confirm', options.confirm)
  const maxUsersPerSecond = options.maxRate === undefined ? Infinity : wholeNumber('--max-rate', options.maxRate)
  if (maxUsersPerSecond === 0) throw new UsageError('--max-rate must be at least 1')
  const kept = options.keep === undefined ? {} : { keep: sessionId('--keep', options.keep) }
  const texts = {
    ...(options.reason !== undefined && { reason: shortText('--reason', options.reason) }),
    ...(options.note !== undefined && { note: shortText('--note', options.note) }),
  }
  const { sessions, users, sample } = await connections.admin.preview(filter, kept)
  if (sessions === 0) await knownUsers(filter?.users ?? [], options, connections.database, output)
  if (confirmed === null) {
    for (const session of sample) output.note(sessionLine(session))
    const result = { dryRun: true, sessions, users, sample: sample.map(describeSession) }
    output.result(result, `${counted(sessions, 'session')} of ${counted(users, 'user')} would be revoked.`)
    output.note(sessions === 0 ? 'Nothing to do.' : `To revoke them, add: --confirm ${sessions}`)
    return
  }
  if (!countFits(sessions, confirmed))
    throw new UsageError(`The count does not fit: it is ${sessions} now, not ${confirmed}. Nothing was revoked.`)
  const request = {
    startedBy: userInfo().username,
    ...texts,
    ...kept,
    maxUsersPerSecond,
  }
  const { admin } = connections
  await runRecorded(connections, output, RECORDED, (watch) =>
    filter === null ? admin.revokeEveryone({ ...request, ...watch }) : admin.revoke(filter, { ...request, ...watch }),
  )
}

/** Runs a revocation again that has not ended. */
export async function resume(connections: Connections, id: string, output: Output): Promise<void> {
  await runRecorded(connections, output, RECORDED, (watch) => connections.admin.operations.resume(id, watch))
}
