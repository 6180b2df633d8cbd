import { setTimeout as sleep } from 'node:timers/promises'
import { countFits, type Operation, type UserWork } from '@rollcall/admin'
import { listUsers } from '@rollcall/api/operator'
import { MailQueueFullError, type Services } from '@rollcall/api/services'
import { counted, createProgress, operationLine, type Output } from './output.js'
import type { Report } from './run-recorded.js'
import { UsageError } from './usage-error.js'

const QUEUE_RETRY_MS = 1_000

/**
 * The work of a required password reset, and how to show it. It waits while its mails would take the room of others in the queue.
 *
 * @param confirmed How many users were confirmed; `null` if the operation began earlier.
 */
export function createResetWork(
  services: Services,
  output: Output,
  confirmed: number | null,
): { readonly work: UserWork; readonly report: Report } {
  const counts = { users: 0, reset: 0, withoutPassword: 0 }
  let isWaiting = false

  const work: UserWork = async function* (operation, revoke, named) {
    const users = named ?? listUsersAt(operation.startedAt, services)
    counts.users = named?.count ?? (await countOf(users))
    if (confirmed !== null) requireCount(counts.users, confirmed) // more may have signed in since they were counted
    const share = (): number => Math.min(1, (counts.reset + counts.withoutPassword) / counts.users)
    for await (const userId of users) {
      let done: Done | null
      while ((done = await whenQueued(() => resetOne(userId, operation, revoke, services))) === null) {
        if (!isWaiting && output.isJson) output.result({ waitingFor: 'mail queue' }, '')
        isWaiting = true
        yield { revoked: 0, share: share() }
        await sleep(QUEUE_RETRY_MS)
      }
      isWaiting = false
      counts[done.isReset ? 'reset' : 'withoutPassword'] += 1
      if (output.isJson) output.result({ userId, reset: done.isReset }, '')
      yield { revoked: done.revoked, share: share() }
    }
  }

  const showProgress = createProgress(output)
  const report: Report = {
    show({ share, state }) {
      if (counts.users === 0) return // not counted yet
      const waiting = isWaiting ? '; waiting, because many mails wait: keep the servers running' : ''
      const details = `${counts.reset + counts.withoutPassword} of ${counted(counts.users, 'user')}${waiting}`
      showProgress({ share, details, isOver: state !== 'running' })
    },
    finish(operation) {
      const { reset, withoutPassword } = counts
      const text = `${counted(reset, 'user')} must choose a new password, ${withoutPassword} had none.`
      if (operation.state === 'done') output.result({ operation: operation.id, reset, withoutPassword }, text)
      else output.result(operation, operationLine(operation))
    },
  }
  return { work, report }
}

interface Done {
  readonly isReset: boolean
  readonly revoked: number
}

async function resetOne(
  userId: string,
  { id, startedAt }: Operation,
  revoke: Parameters<UserWork>[1],
  { auth, store }: Services,
): Promise<Done> {
  const before = await store.list(userId)
  const isReset = await auth.requirePasswordReset(userId, { id, startedAt, revoke })
  const left = new Set((await store.list(userId)).map((session) => session.id))
  return { isReset, revoked: before.filter((session) => !left.has(session.id)).length }
}

/** `null` while the mail queue has no room. Then nothing is changed. */
async function whenQueued<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof MailQueueFullError) return null
    throw error
  }
}

/** The users who had an account at a time, as often as they are read. */
export function listUsersAt(time: Date, { database }: Services): AsyncIterable<string> {
  return { [Symbol.asyncIterator]: () => listUsers(database, time) }
}

export async function countOf(users: AsyncIterable<string>): Promise<number> {
  let count = 0
  for await (const _ of users) count += 1
  return count
}

/** @throws {UsageError} */
export function requireCount(count: number, confirmed: number): void {
  if (!countFits(count, confirmed))
    throw new UsageError(`The count does not fit: it is ${count} now, not ${confirmed}. Nothing was changed.`)
}
