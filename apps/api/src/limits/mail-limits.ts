import type { Session } from '@rollcall/session-store'
import { RateLimitedError } from '../errors.js'
import { Client, UNKNOWN_ADDRESS } from '../client/client.js'
import type { Charge, Limits } from './limits.js'
import { Mailbox } from './mailbox.js'
import type { Verdict } from './reservations.js'

/** The limits of one mail. */
export interface MailCharges {
  /**
   * The first mail of an account in an hour is always sent. So nobody can use up the mails of an account with accounts of
   * their own at the same mailbox.
   */
  readonly first?: Charge
  readonly shared: readonly Charge[]
}

/** The limits of a mail to the owner of an account. */
export function ownerCharges(
  kind: 'request-reset' | 'password-changed' | 'account-notice',
  email: string,
): MailCharges {
  return { first: [`${kind}:first`, email.toLowerCase()], shared: [[`${kind}:mailbox`, new Mailbox(email)]] }
}

/** The limits of a notice that an account was deleted. Its first one is its own, because no activity is left to show the deletion. */
export function deletionCharges(email: string): MailCharges {
  return { ...ownerCharges('account-notice', email), first: ['account-deleted:first', email.toLowerCase()] }
}

/** The limits of a mail about a new device. The IP address that causes it is counted too. */
export function newDeviceCharges({ userId, ipAddress }: Session, email: string): MailCharges {
  return {
    first: ['new-device:first', userId],
    shared: [
      ['new-device:mailbox', new Mailbox(email)],
      ['new-device:address', new Client(ipAddress ?? UNKNOWN_ADDRESS)],
    ],
  }
}

/**
 * The limits of a link that confirms a new email address. They count when the change is asked for, so that its person learns of
 * a link that is not sent. Anybody can name an address as their new one, and must not use up the links of its
 * owner's own changes. So the two kinds are counted apart. The first mail is that of the account that asks, because one mailbox
 * has many spellings.
 */
export function emailChangeCharges(userId: string, side: 'old' | 'new', email: string): MailCharges {
  return { first: ['email-change:first', userId, side], shared: [['email-change:mailbox', side, new Mailbox(email)]] }
}

/**
 * The limits of a mail about a sign-up. A mailbox has many spellings, and no account yet. So only the plain spelling has a first mail of
 * its own, which requests for the others do not use up.
 */
export function signUpCharges(email: string): MailCharges {
  const mailbox = new Mailbox(email)
  const isPlain = mailbox.name === email.toLowerCase()
  return {
    ...(isPlain && { first: ['sign-up-mail:first', mailbox] as const }),
    shared: [['sign-up-mail:mailbox', mailbox]],
  }
}

/**
 * Does work that causes mails, within the limits of them all.
 *
 * @throws {RateLimitedError} If one of them may not be sent. Then nothing was done.
 */
export async function withinMails<T>(
  limits: Limits,
  [mail, ...others]: readonly MailCharges[],
  work: () => Promise<T>,
  verdictOf: (result: T) => Verdict,
): Promise<T> {
  if (mail === undefined) return work()
  return withinMail(limits, mail, () => withinMails(limits, others, work, verdictOf), verdictOf)
}

async function withinMail<T>(
  limits: Limits,
  { first, shared }: MailCharges,
  work: () => Promise<T>,
  verdictOf: (result: T) => Verdict,
): Promise<T> {
  if (first === undefined) return limits.within(shared, work, verdictOf)
  let result: T
  try {
    result = await limits.within([first], work, verdictOf)
  } catch (error) {
    if (!(error instanceof RateLimitedError && error.limit === first[0])) throw error
    return limits.within(shared, work, verdictOf)
  }
  // It has been done, counted or not. To wait for a place would keep a mail in the queue.
  if (verdictOf(result) === 'done') void limits.within(shared, async () => undefined).catch(() => undefined)
  return result
}

/**
 * Sends a mail within its limits.
 *
 * @returns Whether it was sent
 */
export async function sendWithin(limits: Limits, charges: MailCharges, send: () => Promise<void>): Promise<boolean> {
  try {
    await withinMail(limits, charges, send, () => 'done')
    return true
  } catch (error) {
    if (error instanceof RateLimitedError) return false
    throw error
  }
}
