import { setTimeout as sleep } from 'node:timers/promises'
import { deliver, type DeliveryOptions } from './attempt.js'
import type { ClaimedMail } from './queue.js'
import { backoffMs, LONGEST_PAUSE_MS } from './retry.js'

/** For mails on their way when the server closes. */
const CLOSE_MS = 2_000
/** Between two looks at the queue, for mails that another server left behind or that are due again. */
const POLL_MS = 1_000
const AT_ONCE = 4

/**
 * Sends the mails of the queue until it is closed. A mail that is not accepted is tried again after 1, 2, 4 … seconds, at
 * most five minutes apart. While the mail server is away, one mail at a time is tried, at most a minute apart.
 */
export class Delivery {
  readonly #options: DeliveryOptions
  readonly #closing = new AbortController()
  readonly #abandoned = new AbortController()
  readonly #running: Promise<void>
  #endIdling = (): void => undefined
  /** A mail was added since the last look at the queue. */
  #isWoken = false
  /** Failures in a row that were not about the mail. */
  #outages = 0
  /** Failures in a row to read the queue. */
  #unreadable = 0

  constructor(options: DeliveryOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  /** Call it when a mail was added. */
  wake(): void {
    this.#isWoken = true
    this.#endIdling()
  }

  /** Lets the mails that are on their way arrive, for two seconds. Other mails stay in the queue. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#endIdling()
    const timer = setTimeout(() => this.#abandoned.abort(), CLOSE_MS)
    await this.#running
    clearTimeout(timer)
  }

  async #run(): Promise<void> {
    const { queue } = this.#options
    const closing = this.#closing.signal
    const attempt = { ...this.#options, closing, abandoned: this.#abandoned.signal }
    await queue.retryAll().catch(() => undefined) // an operator may have mended what they were refused for
    while (!closing.aborted) {
      const mails = await this.#claim()
      if (mails.length === 0) {
        await this.#idle()
        continue
      }
      const outcomes = await Promise.all(mails.map((mail) => deliver(mail, attempt)))
      if (outcomes.includes('outage')) {
        this.#outages += 1
        await sleep(backoffMs(this.#outages, LONGEST_PAUSE_MS), undefined, { signal: closing }).catch(() => undefined)
      } else if (this.#outages > 0 && outcomes.includes('sent')) {
        this.#outages = 0
        await queue.retryAll().catch(() => undefined) // each also comes due by itself
      }
    }
  }

  async #claim(): Promise<ClaimedMail[]> {
    const { queue, log } = this.#options
    this.#isWoken = false
    try {
      // While one at a time is tried, those that the mail server never answers must not hold up the others.
      const mails = await (this.#outages > 0 ? queue.claim(1, 'least tried') : queue.claim(AT_ONCE))
      this.#unreadable = 0
      return mails
    } catch (error) {
      if (this.#unreadable === 0 && !this.#closing.signal.aborted)
        log.error({ err: error }, 'The mail queue cannot be read; its mails wait')
      this.#unreadable += 1
      return []
    }
  }

  async #idle(): Promise<void> {
    if (this.#isWoken || this.#closing.signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#unreadable > 0 ? backoffMs(this.#unreadable, LONGEST_PAUSE_MS) : POLL_MS)
      this.#endIdling = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
