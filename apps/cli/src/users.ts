import { userInfo } from 'node:os'
import {
  countFits,
  type Filter,
  type Operation,
  OperationStateError,
  type RunOptions,
  type SessionAdmin,
  type UserWork,
} from '@rollcall/admin'
import { adminConnection, listUsers, requireUsers, userIdsOf } from '@rollcall/api/operator'
import type { Services } from '@rollcall/api/services'
import { type FilterOptions, hasFilter, readFilter } from './filter-options.js'
import { counted, type Output } from './output.js'
import { countOf, createResetWork } from './reset-work.js'
import { UsageError, wholeNumber } from './revoke.js'
import { runRecorded } from './run-recorded.js'
import { withServices } from './services.js'

export interface ResetOptions extends FilterOptions {
  readonly everyone?: true
  readonly confirm?: string
}

const ACTION = 'require-password-reset'

/**
 * Makes the passwords of users stop working, revokes their sessions, and has a mail sent to each with a link to choose a new
 * one. The servers send these mails.
 */
export async function requirePasswordReset(
  named: readonly string[],
  options: ResetOptions,
  output: Output,
): Promise<void> {
  const ways = [named.length > 0, options.everyone === true, hasFilter(options)].filter(Boolean).length
  if (ways === 0) throw new UsageError('Name users, give a filter, or add --everyone')
  if (ways > 1) throw new UsageError('Name users, give a filter, or add --everyone, but only one of these')
  const confirmed = options.confirm === undefined ? null : wholeNumber('--confirm', options.confirm)
  await withReset(async ({ services, admin, record }) => {
    const { filter, users } = await selectUsers(named, options, services, admin)
    const count = users?.length ?? (await countOf(listUsers(services.database, new Date(services.clock()))))
    if (confirmed === null) {
      output.result({ dryRun: true, users: count }, `${counted(count, 'user')} would have to choose a new password.`)
      output.note(`To do it, add: --confirm ${count}`)
      return
    }
    if (!countFits(count, confirmed))
      throw new UsageError(`The count does not fit: it is ${count} now, not ${confirmed}. Nothing was changed.`)
    if (count === 0) return output.result({ reset: 0, withoutPassword: 0 }, 'Nothing to do.')
    // To resume it, the sessions that a filter has found would be gone.
    const whom = users && { users }
    await record(filter ?? undefined, output, (work, watch) =>
      admin.runWork(ACTION, whom, work, { startedBy: userInfo().username, ...watch }),
    )
  })
}

/** Goes on with a reset that was killed or stopped, or that failed. */
export async function resumePasswordReset(id: string, output: Output): Promise<void> {
  await withReset(async ({ admin, record }) => {
    const { action } = await admin.operations.get(id)
    if (action !== ACTION) throw new OperationStateError(`This version cannot resume ${id}: ${action}`)
    await record(undefined, output, (work, watch) => admin.operations.resume(id, { work, ...watch }))
  })
}

/** An outage ends it, which says how to resume it. */
const AT_ONCE = { patience: 0 }

interface Reset {
  readonly services: Services
  readonly admin: SessionAdmin
  /** Runs the operation on record. `shown` is the filter there. */
  readonly record: (
    shown: Filter | undefined,
    output: Output,
    run: (work: UserWork, watch: RunOptions) => Promise<Operation>,
  ) => Promise<void>
}

async function withReset(use: (reset: Reset) => Promise<void>): Promise<void> {
  await withServices(async (services, settings) => {
    const connection = adminConnection(settings, services.clock, services.placeOf)
    try {
      const admin = await connection.open()
      await use({
        services,
        admin,
        async record(filter, output, run) {
          const { work, report } = createResetWork(services, output)
          const parts = { database: services.database, settings }
          await runRecorded(parts, output, { action: ACTION, filter, report }, (watch) =>
            run(work, { ...AT_ONCE, ...watch }),
          )
        },
      })
    } finally {
      connection.close()
    }
  })
}

interface Selection {
  /** `null` for everybody. */
  readonly filter: Filter | null
  /** `null` for everybody. */
  readonly users: readonly string[] | null
}

/** A filter selects the users of the sessions that it finds. */
async function selectUsers(
  named: readonly string[],
  options: ResetOptions,
  { database }: Services,
  admin: SessionAdmin,
): Promise<Selection> {
  if (options.everyone === true) return { filter: null, users: null }
  if (named.length > 0) {
    const users = await userIdsOf(named, database.kysely)
    await requireUsers(users, database.kysely)
    return { filter: { users }, users }
  }
  const filter = await readFilter(options, database)
  const users = new Set<string>()
  for await (const { userId } of admin.find(filter)) users.add(userId)
  if (users.size === 0) await requireUsers(filter.users ?? [], database.kysely)
  return { filter, users: [...users] }
}
