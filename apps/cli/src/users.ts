import { type Database, createOperatorLog, listUsers, readSettings } from '@rollcall/api/operator'
import { openServices } from '@rollcall/api/services'
import { userIdsOf } from './filter-options.js'
import type { Output } from './output.js'
import { UsageError, wholeNumber } from './revoke.js'

export interface ResetOptions {
  readonly everyone?: true
  readonly confirm?: string
}

/**
 * Makes the passwords of users stop working, revokes their sessions, and has a mail sent to each with a link to choose a new
 * one. The servers send these mails. It may be repeated: a user without a password is skipped.
 */
export async function requirePasswordReset(
  named: readonly string[],
  options: ResetOptions,
  output: Output,
): Promise<void> {
  if (named.length === 0 && options.everyone !== true) throw new UsageError('Name users, or add --everyone')
  if (named.length > 0 && options.everyone === true) throw new UsageError('Name users, or add --everyone, not both')
  const settings = readSettings()
  const closing: (() => Promise<unknown>)[] = []
  try {
    const baseUrl = settings.baseUrl ?? `http://localhost:${settings.port}`
    const log = createOperatorLog()
    const { auth, database, activity } = await openServices({ settings, log }, baseUrl, (close) => closing.push(close))
    const count = await countUsers(named, database)
    if (options.confirm === undefined) {
      output.result({ dryRun: true, users: count }, `${count} users would have to choose a new password.`)
      output.note(`To do it, add: --confirm ${count}`)
      return
    }
    if (wholeNumber('--confirm', options.confirm) !== count)
      throw new UsageError(`The count does not fit: it is ${count} now. Nothing was changed.`)
    const users = named.length === 0 ? listUsers(database.kysely) : await userIdsOf(named, database)
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
  } finally {
    for (const close of closing.toReversed()) await close()
  }
}

async function countUsers(named: readonly string[], database: Database): Promise<number> {
  if (named.length > 0) return (await userIdsOf(named, database)).length
  let count = 0
  for await (const _ of listUsers(database.kysely)) count += 1
  return count
}
