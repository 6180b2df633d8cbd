import { setTimeout as sleep } from 'node:timers/promises'
import type { Audit, AuditEvent } from '@rollcall/auth'
import type { Clock } from '@rollcall/session-store'
import { MailQueueFullError } from '../errors.js'
import type { Log } from '../log.js'
import type { Notice, Notices } from './account-mails.js'
import { backoffMs, LONGEST_PAUSE_MS } from './retry.js'

interface Options {
  readonly mailer: Notices
  readonly clock: Clock
  readonly log: Log
  readonly onClose: (close: () => Promise<unknown>) => void
}

const notices: { readonly [Name in AuditEvent['event']]?: Notice } = {
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

/** With pauses of 1, 2, 4 … seconds: about a minute, in which another PostgreSQL takes over. */
const RETRIES = 6

/**
 * Writes to the owner of a changed way in. The audit is where each change is known, whichever way it came. The change is made by
 * then, so a database that is away delays its notice. Closing lets each have a last try.
 */
export function mailOwners(audit: Audit, { mailer, clock, log, onClose }: Options): Audit {
  const closing = new AbortController()
  const underWay = new Set<Promise<void>>()
  onClose(() => {
    closing.abort()
    return Promise.all(underWay)
  })

  async function addUntilSafe(add: () => Promise<void>, change: { userId: string; event: string }): Promise<void> {
    for (let failures = 1; ; failures += 1) {
      const isLast = failures > RETRIES || closing.signal.aborted
      try {
        return await add()
      } catch (error) {
        if (isLast || error instanceof MailQueueFullError)
          return log.error({ err: error, ...change }, 'No mail about a change of an account')
        log.warn({ err: error, ...change }, 'A mail about a change of an account cannot be added yet')
        await sleep(backoffMs(failures, LONGEST_PAUSE_MS), undefined, { signal: closing.signal }).catch(() => undefined)
      }
    }
  }

  return (entry) => {
    audit(entry)
    const { event, userId, result, isCommitted = result === 'ok' } = entry
    const notice = notices[event]
    if (!isCommitted || userId === undefined || notice === undefined) return
    const at = new Date(clock())
    const adding = addUntilSafe(() => mailer.notifyOwner(userId, notice, at), { userId, event }).finally(() =>
      underWay.delete(adding),
    )
    underWay.add(adding)
  }
}
