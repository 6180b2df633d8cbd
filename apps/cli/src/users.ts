import { countFits, type Filter } from '@rollcall/admin'
import { adminConnection, listUsers, requireUsers, type Settings, userIdsOf } from '@rollcall/api/operator'
import type { Services } from '@rollcall/api/services'
import { type FilterOptions, hasFilter, readFilter } from './filter-options.js'
import type { Output } from './output.js'
import { UsageError, wholeNumber } from './revoke.js'
import { withServices } from './services.js'

export interface ResetOptions extends FilterOptions {
  readonly everyone?: true
  readonly confirm?: string
}

/**
 * Makes the passwords of users stop working, revokes their sessions, and has a mail sent to each with a link to choose a new
 * one. The servers send these mails. It may be repeated: a user without a password gets no mail.
 */
export async function requirePasswordReset(
  named: readonly string[],
  options: ResetOptions,
  output: Output,
): Promise<void> {
  const ways = [named.length > 0, options.everyone === true, hasFilter(options)].filter(Boolean).length
  if (ways === 0) throw new UsageError('Name users, give a filter, or add --everyone')
  if (ways > 1) throw new UsageError('Name users, give a filter, or add --everyone, but only one of these')
  await withServices(async (services, settings) => {
    const users = await selectUsers(named, options, services, settings)
    const count = await countOf(users())
    if (options.confirm === undefined) {
      output.result({ dryRun: true, users: count }, `${count} users would have to choose a new password.`)
      output.note(`To do it, add: --confirm ${count}`)
      return
    }
    const confirmed = wholeNumber('--confirm', options.confirm)
    if (!countFits(count, confirmed))
      throw new UsageError(`The count does not fit: it is ${count} now, not ${confirmed}. Nothing was changed.`)
    await resetEach(users(), services, output)
  })
}

async function resetEach(users: AsyncIterable<string>, { auth, activity }: Services, output: Output): Promise<void> {
  let reset = 0
  let withoutPassword = 0
  for await (const userId of users) {
    const isReset = await auth.requirePasswordReset(userId)
    if (isReset) reset += 1
    else withoutPassword += 1
    if (output.isJson) output.result({ userId, reset: isReset }, '')
  }
  await activity.settled()
  output.result({ reset, withoutPassword }, `${reset} users must choose a new password, ${withoutPassword} had none.`)
}

/** Each call of the returned function gives the same users again. A filter selects the users of the sessions that it finds. */
async function selectUsers(
  named: readonly string[],
  options: ResetOptions,
  services: Services,
  settings: Settings,
): Promise<() => AsyncIterable<string>> {
  const { database } = services
  if (options.everyone === true) return () => listUsers(database.kysely)
  const ids = hasFilter(options)
    ? await findUsers(await readFilter(options, database), services, settings)
    : await knownUsers(named, services)
  return async function* () {
    yield* ids
  }
}

async function knownUsers(named: readonly string[], { database }: Services): Promise<string[]> {
  const ids = await userIdsOf(named, database.kysely)
  await requireUsers(ids, database.kysely)
  return ids
}

/** All of them before the first is changed: the sessions that are found would be gone. */
async function findUsers(
  filter: Filter,
  { clock, placeOf, database }: Services,
  settings: Settings,
): Promise<Set<string>> {
  const connection = adminConnection(settings, clock, placeOf)
  try {
    const { find } = await connection.open()
    const ids = new Set<string>()
    for await (const { userId } of find(filter)) ids.add(userId)
    if (ids.size === 0) await requireUsers(filter.users ?? [], database.kysely)
    return ids
  } finally {
    connection.close()
  }
}

async function countOf(users: AsyncIterable<string>): Promise<number> {
  let count = 0
  for await (const _ of users) count += 1
  return count
}
