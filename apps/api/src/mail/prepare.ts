import { SECOND_MS } from '../durations.js'
import type { NewMail } from './queue.js'

/** Longer than a change takes before it fails. */
const CHANGE_MS = 10 * SECOND_MS

/** Adds a mail to the queue and resolves to its key, or rejects with `MailQueueFullError`. */
export type Add = (mail: NewMail) => Promise<string>

interface PreparedMail {
  readonly key: string
  readonly kind: string
  readonly payload: object
}

/**
 * Queues mails about a change before it is made, so that a kill in between loses none. Without `release`, they are composed
 * some seconds later, and must then find out whether the change was made. `release` says that it was, by `isMade`. It
 * replaces them, or adds them again if they were dropped meanwhile.
 *
 * @param cause Decides how much room they leave in the queue.
 */
export async function prepareMails(
  add: Add,
  mails: readonly PreparedMail[],
  cause: NewMail['cause'] = 'owner',
): Promise<{ release(): Promise<void> }> {
  const addEach = async (more: object, how: Pick<NewMail, 'delayMs' | 'cause'>): Promise<void> => {
    for (const { payload, ...mail } of mails)
      await add({ ...mail, payload: JSON.stringify({ ...payload, ...more }), ...how })
  }
  await addEach({}, { delayMs: CHANGE_MS, cause })
  return { release: () => addEach({ isMade: true }, {}) }
}
