import { userInfo } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { countFits, type Filter } from '@rollcall/admin'
import { adminConnection, listUsers, recordWork, requireUsers, type Settings, userIdsOf } from '@rollcall/api/operator'
import { MailQueueFullError, type Services } from '@rollcall/api/services'
import { type FilterOptions, hasFilter, readFilter } from './filter-options.js'
import { counted, createProgress, type Output } from './output.js'
import { UsageError, wholeNumber } from './revoke.js'
import { withServices } from './services.js'

export interface ResetOptions extends FilterOptions {
  readonly everyone?: true
  readonly confirm?: string
}

const QUEUE_RETRY_MS = 1_000

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
    const { filter, users } = await selectUsers(named, options, services, settings)
    const count = await countOf(users())
    if (options.confirm === undefined) {
      output.result({ dryRun: true, users: count }, `${counted(count, 'user')} would have to choose a new password.`)
      output.note(`To do it, add: --confirm ${count}`)
      return
    }
    const confirmed = wholeNumber('--confirm', options.confirm)
    if (!countFits(count, confirmed))
      throw new UsageError(`The count does not fit: it is ${count} now, not ${confirmed}. Nothing was changed.`)
    const { clock, database } = services
    const what = { action: 'require-password-reset', filter, startedBy: userInfo().username } as const
    await recordWork(database, { ...what, at: new Date(clock()) }, (addRevoked) =>
      resetEach({ users: users(), count, addRevoked }, services, output),
    )
  })
}

interface Resets {
  readonly users: AsyncIterable<string>
  readonly count: number
  readonly addRevoked: (sessions: number) => void
}

async function resetEach({ users, count, addRevoked }: Resets, services: Services, output: Output): Promise<void> {
  const { auth, store, activity } = services
  const show = createProgress(output)
  let reset = 0
  let withoutPassword = 0
  const showDone = (isOver: boolean, more = ''): void => {
    const done = reset + withoutPassword
    show({
      share: isOver ? 1 : Math.min(1, done / count),
      details: `${done} of ${counted(count, 'user')}${more}`,
      isOver,
    })
  }
  const onWait = (): void => showDone(false, '; waiting, because the mail queue is full: keep the servers running')
  for await (const userId of users) {
    const sessions = await store.list(userId)
    const isReset = await whenQueued(() => auth.requirePasswordReset(userId), onWait, output)
    addRevoked(sessions.length)
    if (isReset) reset += 1
    else withoutPassword += 1
    if (output.isJson) output.result({ userId, reset: isReset }, '')
    showDone(false)
  }
  await activity.settled()
  showDone(true)
  output.result(
    { reset, withoutPassword },
    `${counted(reset, 'user')} must choose a new password, ${withoutPassword} had none.`,
  )
}

/** Until the servers have sent some of the mails that wait. Without room for its mail, a reset changes nothing. */
async function whenQueued<T>(work: () => Promise<T>, onWait: () => void, output: Output): Promise<T> {
  for (let waits = 0; ; waits += 1) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof MailQueueFullError)) throw error
      if (output.isJson && waits === 0) output.result({ waitingFor: 'mail queue' }, '')
      onWait()
      await sleep(QUEUE_RETRY_MS)
    }
  }
}

interface Selection {
  /** `null` for everybody. */
  readonly filter: Filter | null
  /** Each call gives the same users again. */
  users(): AsyncIterable<string>
}

/** A filter selects the users of the sessions that it finds. */
async function selectUsers(
  named: readonly string[],
  options: ResetOptions,
  services: Services,
  settings: Settings,
): Promise<Selection> {
  const { database } = services
  if (options.everyone === true) return { filter: null, users: () => listUsers(database.kysely) }
  const isNamed = named.length > 0
  const filter = isNamed ? { users: await knownUsers(named, services) } : await readFilter(options, database)
  const ids = isNamed ? (filter.users ?? []) : await findUsers(filter, services, settings)
  return {
    filter,
    async *users() {
      yield* ids
    },
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
