import { setTimeout as sleep } from 'node:timers/promises'
import type { Audit, AuditEvent } from '@rollcall/auth'
import type { Clock } from '@rollcall/session-store'
import { MailQueueFullError } from '../errors.js'
import type { Log } from '../log.js'
import type { Mailer } from './mailer.js'
import { growing, LONGEST_PAUSE_MS } from './retry.js'

interface Options {
  readonly mailer: Mailer
  readonly clock: Clock
  readonly log: Log
  readonly onClose: (close: () => Promise<unknown>) => void
}

/** With pauses of 1, 2, 4 … seconds: about a minute, in which another PostgreSQL takes over. */
const RETRIES = 6

/**
 * Writes to the owner of a changed way in. The audit is where each change is known, whichever way it came. The change is made by
 * then, so a database that is away delays its notice. Closing lets each have a last try.
 */
export function mailOwners(audit: Audit, { mailer, clock, log, onClose }: Options): Audit {
  const notify: { [Name in AuditEvent['event']]?: (userId: string, at: Date) => Promise<void> } = {
    'password-change': (userId, at) => mailer.notifyPasswordChange(userId, at),
    'password-reset': (userId, at) => mailer.notifyPasswordChange(userId, at),
    'password-set': (userId, at) => mailer.notifyPasswordChange(userId, at, 'set'),
    'passkey-added': (userId, at) => mailer.notifyPasskeyChange(userId, 'added', at),
    'passkey-removed': (userId, at) => mailer.notifyPasskeyChange(userId, 'removed', at),
    'second-factor-on': (userId, at) => mailer.notifySecondFactorChange(userId, 'on', at),
    'second-factor-off': (userId, at) => mailer.notifySecondFactorChange(userId, 'off', at),
    'backup-codes-renewed': (userId, at) => mailer.notifySecondFactorChange(userId, 'renewed', at),
    'account-linked': (userId, at) => mailer.notifyProviderChange(userId, 'added', at),
    'account-unlinked': (userId, at) => mailer.notifyProviderChange(userId, 'removed', at),
  }
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
        await sleep(growing(failures, LONGEST_PAUSE_MS), undefined, { signal: closing.signal }).catch(() => undefined)
      }
    }
  }

  return (entry) => {
    audit(entry)
    const { event, userId, result } = entry
    const add = notify[event]
    if (result !== 'ok' || userId === undefined || add === undefined) return
    const at = new Date(clock())
    const adding = addUntilSafe(() => add(userId, at), { userId, event }).finally(() => underWay.delete(adding))
    underWay.add(adding)
  }
}
