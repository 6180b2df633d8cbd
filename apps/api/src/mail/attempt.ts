import { setTimeout as sleep } from 'node:timers/promises'
import { DAY_MS, MINUTE_MS } from '../durations.js'
import type { Limits } from '../limits/limits.js'
import { type MailCharges, sendWithin } from '../limits/mail-limits.js'
import type { Log } from '../log.js'
import type { Message } from './messages.js'
import type { ClaimedMail, MailQueue } from './queue.js'
import { backoffMs, LONGEST_PAUSE_MS } from './retry.js'
import { DeliveryError, type Send } from './transport.js'

/** One kind of mail: the queue holds only what is needed to compose it. */
export interface MailKind {
  /** Milliseconds after which a mail of this kind is of no use any more. */
  readonly maxAgeMs: number
  /** Called for every attempt. `null`: nobody needs this mail any more. */
  compose(payload: string): Promise<{ to: string; message: Message } | null>
  /** The limits of a mail, which is dropped beyond them. Default: none. */
  charges?(to: string, payload: string): MailCharges
  /** Called once the mail server has accepted the mail. */
  onSent?(payload: string): Promise<void>
}

export interface DeliveryOptions {
  readonly queue: MailQueue
  readonly kinds: ReadonlyMap<string, MailKind>
  readonly send: Send
  readonly limits: Limits
  readonly log: Log
}

export interface DeliveryAttempt extends DeliveryOptions {
  /** Aborted when the server closes: nothing is tried again. */
  readonly closing: AbortSignal
  /** Aborted when a mail on its way has no time left. */
  readonly abandoned: AbortSignal
}

/** `outage`: the failure was not about this mail. */
export type Outcome = 'sent' | 'not sent' | 'outage'

/** From the claim of a mail to its last word with the mail server. Shorter than `LEASE_MS`. */
const SEND_MS = 20_000
/** How long a notice waits: longer than a weekend without anybody who looks after the mail server. No kind waits longer. */
export const NOTICE_MAX_AGE_MS = 3 * DAY_MS
/** The pauses between them end before the lease does. */
const REMOVE_ATTEMPTS = 4
/** Between attempts at one mail, which the mail server did not take. */
const LONGEST_RETRY_MS = 5 * MINUTE_MS

/** Tries to send a claimed mail, then takes it out of the queue or puts it back. Never rejects. */
export async function deliver(mail: ClaimedMail, attempt: DeliveryAttempt): Promise<Outcome> {
  const { kinds, log } = attempt
  const kind = kinds.get(mail.kind)
  if (mail.ageMs > (kind?.maxAgeMs ?? NOTICE_MAX_AGE_MS)) {
    log.error({ mail: described(mail) }, 'A mail was given up: its time is over')
    await remove(mail, attempt)
    return 'not sent'
  }
  if (kind === undefined) {
    // While servers are updated, those of two versions share the queue.
    await requeue(mail, new Error('This version does not know the kind of this mail'), attempt)
    return 'not sent'
  }
  let isSent: boolean
  try {
    isSent = await composeAndSend(kind, mail, attempt)
  } catch (error) {
    await requeue(mail, error, attempt)
    return error instanceof DeliveryError && !error.isAboutThisMail ? 'outage' : 'not sent'
  }
  if (!isSent) {
    await remove(mail, attempt)
    return 'not sent' // no mail server was asked, so this says nothing about an outage
  }
  await kind
    .onSent?.(mail.payload)
    .catch((error: unknown) => log.error({ err: error, mail: described(mail) }, 'A sent mail could not be recorded'))
  await remove(mail, attempt)
  return 'sent'
}

/** `false`: nobody needs the mail any more, or a limit has dropped it. */
async function composeAndSend(kind: MailKind, mail: ClaimedMail, attempt: DeliveryAttempt): Promise<boolean> {
  const { send, limits, log, abandoned } = attempt
  const time = AbortSignal.timeout(SEND_MS) // composing, and a place on the limits, take some of it
  const composed = await kind.compose(mail.payload)
  if (composed === null) return false
  const { to, message } = composed
  const sendNow = async (): Promise<void> => {
    time.throwIfAborted()
    await send(to, message, AbortSignal.any([time, abandoned]))
  }
  const isSent = await sendWithin(limits, kind.charges?.(to, mail.payload) ?? { shared: [] }, sendNow)
  if (!isSent)
    log.warn({ mail: described(mail) }, 'A mail was dropped: its mailbox has had as many as the limit allows')
  return isSent
}

async function requeue(mail: ClaimedMail, error: unknown, { queue, log, abandoned }: DeliveryAttempt): Promise<void> {
  try {
    if (abandoned.aborted) return await queue.release(mail)
    if (error instanceof DeliveryError && error.isFinal) {
      log.error({ err: error, mail: described(mail) }, 'A mail was given up: the mail server refuses it')
      return await queue.remove(mail)
    }
    const delayMs = backoffMs(mail.attempts, LONGEST_RETRY_MS)
    await queue.retry(
      mail,
      delayMs,
      error instanceof DeliveryError ? `${error.code}: ${error.message}` : 'No mail server was asked',
    )
    const { waiting, oldestMs } = await queue.status()
    log.error(
      { err: error, mail: { ...described(mail), retryMs: delayMs, waiting, oldestMs } },
      'A mail could not be sent',
    )
  } catch (failure) {
    log.error(
      { err: failure, mail: described(mail) },
      'A mail could not be put back; it is tried again when its lease ends',
    )
  }
}

/** A sent mail must leave the queue before its lease expires, or it is sent again. */
async function remove(mail: ClaimedMail, { queue, log, closing }: DeliveryAttempt): Promise<void> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await queue.remove(mail)
    } catch (error) {
      log.error({ err: error, mail: described(mail) }, 'A mail cannot be taken out of the queue')
    }
    if (failures === REMOVE_ATTEMPTS) return
    await sleep(backoffMs(failures, LONGEST_PAUSE_MS), undefined, { signal: closing }).catch(() => undefined)
  }
}

/** For a log line: without email address and without link. */
function described({ kind, attempts, ageMs }: ClaimedMail): object {
  return { kind, attempts, ageMs }
}
