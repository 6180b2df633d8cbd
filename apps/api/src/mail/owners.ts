import type { AuditEventName, OnChange } from '@rollcall/auth'
import type { Clock } from '@rollcall/session-store'
import { MailQueueFullError } from '../errors.js'
import type { Log } from '../log.js'
import type { Notice, Notices } from './account-mails.js'

interface Options {
  readonly mailer: Notices
  readonly clock: Clock
  readonly log: Log
}

const notices: { readonly [Name in AuditEventName]?: Notice } = {
  'password-change': ['password-changed', 'changed'],
  'password-reset': ['password-changed', 'changed'],
  'password-set': ['password-changed', 'set'],
  'password-removed': ['password-removed', 'removed'],
  'passkey-added': ['passkey-changed', 'added'],
  'passkey-removed': ['passkey-changed', 'removed'],
  'second-factor-on': ['second-factor-changed', 'on'],
  'second-factor-off': ['second-factor-changed', 'off'],
  'backup-codes-renewed': ['second-factor-changed', 'renewed'],
  'account-linked': ['provider-changed', 'added'],
  'account-unlinked': ['provider-changed', 'removed'],
}

const nothing = async (): Promise<void> => undefined

/**
 * Writes to the owner of a changed way in. The mail is written in the transaction of the change, so that a kill cannot part them. A
 * full queue does not stop a change.
 */
export function mailOwners({ mailer, clock, log }: Options): OnChange {
  return async ({ event, userId }) => {
    const notice = notices[event]
    if (notice === undefined) return nothing
    try {
      return await mailer.notifyOwner(userId, notice, new Date(clock()))
    } catch (error) {
      if (!(error instanceof MailQueueFullError)) throw error
      log.error({ err: error, userId, event }, 'No mail about a change of an account')
      return nothing
    }
  }
}
