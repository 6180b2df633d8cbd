import { userInfo } from 'node:os'
import {
  type Filter,
  type Operation,
  OperationStateError,
  type RunOptions,
  type SessionAdmin,
  type UserWork,
} from '@rollcall/admin'
import { adminConnection, userIdsOf } from '@rollcall/api/operator'
import type { Services } from '@rollcall/api/services'
import { type FilterOptions, hasFilter, knownUsers, readFilter } from './filter-options.js'
import { counted, type Output } from './output.js'
import { countOf, createResetWork, requireCount, listUsersAt } from './reset-work.js'
import { runRecorded } from './run-recorded.js'
import { withServices } from './services.js'
import { UsageError, wholeNumber } from './usage-error.js'

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
    const filter = await selectUsers(named, options, services, output)
    const count = await countUsers(filter, services, admin)
    if (confirmed === null) {
      output.result({ dryRun: true, users: count }, `${counted(count, 'user')} would have to choose a new password.`)
      output.note(`To do it, add: --confirm ${count}`)
      return
    }
    requireCount(count, confirmed)
    if (count === 0) return output.result({ reset: 0, withoutPassword: 0 }, 'Nothing to do.')
    await record(output, confirmed, (work, watch) =>
      admin.runWork(ACTION, filter, work, { startedBy: userInfo().username, ...watch }),
    )
  })
}

/** Goes on with a reset that was killed or stopped, or that failed. */
export async function resumePasswordReset(id: string, output: Output): Promise<void> {
  await withReset(async ({ admin, record }) => {
    const { action } = await admin.operations.get(id)
    if (action !== ACTION) throw new OperationStateError(`This version cannot resume ${id}: ${action}`)
    await record(output, null, (work, watch) => admin.operations.resume(id, { work, ...watch }))
  })
}

/** An outage ends it, which says how to resume it. */
const AT_ONCE = { giveUpAfterMs: 0 }

interface Reset {
  readonly services: Services
  readonly admin: SessionAdmin
  /** Runs the operation on record. @param confirmed As of `createResetWork`. */
  readonly record: (
    output: Output,
    confirmed: number | null,
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
        async record(output, confirmed, run) {
          const { work, report } = createResetWork(services, output, confirmed)
          const parts = { database: services.database, settings }
          await runRecorded(parts, output, { action: ACTION, report }, (watch) => run(work, { ...AT_ONCE, ...watch }))
        },
      })
    } finally {
      connection.close()
    }
  })
}

/** `null` selects everybody. */
async function selectUsers(
  named: readonly string[],
  options: ResetOptions,
  services: Services,
  output: Output,
): Promise<Filter | null> {
  if (options.everyone === true) return null
  const { database } = services
  const filter =
    named.length > 0 ? { users: await userIdsOf(named, database.kysely) } : await readFilter(options, services, output)
  if (filter.users === undefined) return filter
  return { ...filter, users: await knownUsers(filter.users, options, database, output) }
}

/** Users alone are meant whether or not they are signed in. */
async function countUsers(filter: Filter | null, services: Services, admin: SessionAdmin): Promise<number> {
  if (filter === null) return countOf(listUsersAt(new Date(services.clock()), services))
  const { users = [], ...conditions } = filter
  const isOfSessions = Object.values(conditions).some((value) => value !== undefined)
  return isOfSessions ? (await admin.preview(filter)).users : users.length
}
