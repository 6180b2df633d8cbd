import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../log.js'
import type { Message } from './messages.js'
import type { ClaimedMail, MailQueue } from './queue.js'
import { DeliveryError, type Send } from './transport.js'

/** One kind of mail: the queue holds only what is needed to compose it. */
export interface MailKind {
  /** Milliseconds after which a mail of this kind is of no use any more. */
  readonly maxAgeMs: number
  /** Called for every attempt. `null`: nobody needs this mail any more. */
  compose(payload: string): Promise<{ to: string; message: Message } | null>
  /** Sends a mail within the limits of its kind, or drops it. Resolves with whether it was sent. Default: sends it. */
  limited?(to: string, send: () => Promise<void>): Promise<boolean>
  /** Called once the mail server has accepted the mail. */
  sent?(payload: string): Promise<void>
}

export interface DeliveryOptions {
  readonly queue: MailQueue
  readonly kinds: ReadonlyMap<string, MailKind>
  readonly send: Send
  readonly log: Log
}

export interface Delivery {
  /** A mail was added. */
  wake(): void
  /** Lets the mails that are on their way arrive, for two seconds. Other mails stay in the queue. */
  close(): Promise<void>
}

/** For one mail, whatever the mail server does. Shorter than `LEASE_MS`. */
const SEND_MS = 20_000
/** For mails on their way when the server closes. */
const CLOSE_MS = 2_000
/** Between two looks at the queue, for mails that another server left behind or that are due again. */
const POLL_MS = 1_000
const AT_ONCE = 4
/** The pauses between them end before the lease does. */
const REMOVE_ATTEMPTS = 4

const FIRST_RETRY_MS = 1_000
/** Of one mail, which the mail server did not take. */
const LONGEST_RETRY_MS = 5 * 60_000
/** Of all mails, while no mail server answers. */
const LONGEST_PAUSE_MS = 60_000

/**
 * Sends the mails of the queue until it is closed. A mail that is not accepted is tried again after 1, 2, 4 … seconds, at
 * most five minutes apart. While the mail server is away, one mail at a time is tried, at most a minute apart.
 */
export function startDelivery({ queue, kinds, send, log }: DeliveryOptions): Delivery {
  const closing = new AbortController()
  const abandoned = new AbortController()
  let endIdling = (): void => undefined
  /** A mail was added since the last look at the queue. */
  let isWoken = false
  /** Failures in a row that were not about the mail. */
  let outages = 0
  /** Failures in a row to read the queue. */
  let unreadable = 0

  async function run(): Promise<void> {
    await queue.retryAll().catch(() => undefined) // an operator may have mended what they were refused for
    while (!closing.signal.aborted) {
      const mails = await claim()
      if (mails.length === 0) {
        await idle()
        continue
      }
      const outcomes = await Promise.all(mails.map(deliver))
      if (outcomes.includes('outage')) {
        outages += 1
        await pause(growing(outages, LONGEST_PAUSE_MS), closing.signal)
      } else if (outages > 0 && outcomes.includes('sent')) {
        outages = 0
        await queue.retryAll().catch(() => undefined) // each also comes due by itself
      }
    }
  }

  async function idle(): Promise<void> {
    if (isWoken || closing.signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, unreadable > 0 ? growing(unreadable, LONGEST_PAUSE_MS) : POLL_MS)
      endIdling = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async function claim(): Promise<ClaimedMail[]> {
    isWoken = false
    try {
      const mails = await queue.claim(outages > 0 ? 1 : AT_ONCE)
      unreadable = 0
      return mails
    } catch (error) {
      if (unreadable === 0 && !closing.signal.aborted)
        log.error({ err: error }, 'The mail queue cannot be read; its mails wait')
      unreadable += 1
      return []
    }
  }

  async function deliver(mail: ClaimedMail): Promise<'sent' | 'not sent' | 'outage'> {
    const kind = kinds.get(mail.kind)
    if (kind === undefined || mail.ageMs > kind.maxAgeMs) {
      log.error({ mail: described(mail) }, 'A mail was given up: its time is over')
      await remove(mail)
      return 'not sent'
    }
    let isSent: boolean
    try {
      isSent = await composeAndSend(kind, mail.payload)
    } catch (error) {
      await putBack(mail, error)
      return error instanceof DeliveryError && !error.isAboutThisMail ? 'outage' : 'not sent'
    }
    if (!isSent) {
      await remove(mail)
      return 'not sent' // no mail server was asked, so this says nothing about an outage
    }
    await kind
      .sent?.(mail.payload)
      .catch((error: unknown) => log.error({ err: error, mail: described(mail) }, 'A sent mail could not be recorded'))
    await remove(mail)
    return 'sent'
  }

  /** `false`: nobody needs the mail any more, or a limit has dropped it. */
  async function composeAndSend(kind: MailKind, payload: string): Promise<boolean> {
    const composed = await kind.compose(payload)
    if (composed === null) return false
    const { to, message } = composed
    const sendNow = (): Promise<void> =>
      send(to, message, AbortSignal.any([AbortSignal.timeout(SEND_MS), abandoned.signal]))
    if (kind.limited) return kind.limited(to, sendNow)
    await sendNow()
    return true
  }

  async function putBack(mail: ClaimedMail, error: unknown): Promise<void> {
    try {
      if (abandoned.signal.aborted) return await queue.release(mail)
      if (error instanceof DeliveryError && error.isFinal) {
        log.error({ err: error, mail: described(mail) }, 'A mail was given up: the mail server refuses it')
        return await queue.remove(mail)
      }
      const delayMs = growing(mail.attempts, LONGEST_RETRY_MS)
      await queue.retry(
        mail,
        delayMs,
        error instanceof DeliveryError ? `${error.code}: ${error.message}` : 'It could not be composed',
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
  async function remove(mail: ClaimedMail): Promise<void> {
    for (let attempt = 1; attempt <= REMOVE_ATTEMPTS; attempt += 1) {
      try {
        return await queue.remove(mail)
      } catch (error) {
        log.error({ err: error, mail: described(mail) }, 'A mail cannot be taken out of the queue')
        await pause(growing(attempt, LONGEST_PAUSE_MS), closing.signal)
      }
    }
  }

  const running = run()

  return {
    wake() {
      isWoken = true
      endIdling()
    },

    async close() {
      closing.abort()
      endIdling()
      const timer = setTimeout(() => abandoned.abort(), CLOSE_MS)
      await running
      clearTimeout(timer)
    },
  }
}

/** For a log line: without address and without link. */
function described({ kind, attempts, ageMs }: ClaimedMail): object {
  return { kind, attempts, ageMs }
}

/** 1 s, 2 s, 4 s …, up to a limit. */
function growing(failures: number, limitMs: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), limitMs)
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
