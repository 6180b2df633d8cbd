import type { Session } from '@rollcall/session-store'
import { Client, UNKNOWN_ADDRESS } from './client.js'
import { RateLimitedError } from './errors.js'
import type { Charge, Limits } from './limits.js'
import { Mailbox } from './mailbox.js'

/**
 * Sends a mail about a new device within the limits of its mailbox and of the address that causes it. The first one of an
 * account in an hour is always sent. So nobody can use up the mails of an account with accounts of their own at the same
 * mailbox.
 *
 * @returns whether it was sent
 */
export async function sendNotice(limits: Limits, session: Session, email: string, send: () => Promise<void>): Promise<boolean> {
  const shared: Charge[] = [
    ['new-device:mailbox', new Mailbox(email)],
    ['new-device:address', new Client(session.ipAddress ?? UNKNOWN_ADDRESS)],
  ]
  const isFirst = await isWithin(limits, [['new-device:first', session.userId]], send)
  if (!isFirst) return isWithin(limits, shared, send)
  await isWithin(limits, shared, async () => undefined).catch(() => false) // it has been sent, counted or not
  return true
}

async function isWithin(limits: Limits, charges: readonly Charge[], work: () => Promise<void>): Promise<boolean> {
  try {
    await limits.within(charges, work)
    return true
  } catch (error) {
    if (error instanceof RateLimitedError) return false
    throw error
  }
}
