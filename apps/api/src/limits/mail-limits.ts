import type { Session } from '@rollcall/session-store'
import { RateLimitedError } from '../errors.js'
import { Client, UNKNOWN_ADDRESS } from '../http/client.js'
import type { Charge, Limits } from './limits.js'
import { Mailbox } from './mailbox.js'

/**
 * Sends a mail about a new device within the limits of its mailbox and of the address that causes it.
 *
 * @returns whether it was sent
 */
export function sendNotice(
  limits: Limits,
  { userId, ipAddress }: Session,
  email: string,
  send: () => Promise<void>,
): Promise<boolean> {
  const address = new Client(ipAddress ?? UNKNOWN_ADDRESS)
  return sendWithin(
    limits,
    ['new-device:first', userId],
    [
      ['new-device:mailbox', new Mailbox(email)],
      ['new-device:address', address],
    ],
    send,
  )
}

/**
 * Sends a reset mail to an account within the limit of its mailbox.
 *
 * @returns whether it was sent
 */
export function sendReset(limits: Limits, email: string, send: () => Promise<void>): Promise<boolean> {
  return sendWithin(
    limits,
    ['request-reset:first', email.toLowerCase()],
    [['request-reset:mailbox', new Mailbox(email)]],
    send,
  )
}

/**
 * Sends a mail about a changed password within the limit of its mailbox.
 *
 * @returns whether it was sent
 */
export function sendPasswordChanged(limits: Limits, email: string, send: () => Promise<void>): Promise<boolean> {
  return sendWithin(
    limits,
    ['password-changed:first', email.toLowerCase()],
    [['password-changed:mailbox', new Mailbox(email)]],
    send,
  )
}

/**
 * Sends a mail about a change of an account within the limit of its mailbox.
 *
 * @returns whether it was sent
 */
export function sendAccountNotice(limits: Limits, email: string, send: () => Promise<void>): Promise<boolean> {
  return sendWithin(
    limits,
    ['account-notice:first', email.toLowerCase()],
    [['account-notice:mailbox', new Mailbox(email)]],
    send,
  )
}

/**
 * Sends a link that confirms a new address within the limit of its mailbox. Anybody can name an address as their new one, and
 * must not use up the links of its owner's own changes. So the two kinds are counted apart. The first mail is that of the account
 * that asks, because one mailbox has many spellings.
 *
 * @returns whether it was sent
 */
export function sendEmailChange(
  limits: Limits,
  { userId, side }: { readonly userId: string; readonly side: 'old' | 'new' },
  email: string,
  send: () => Promise<void>,
): Promise<boolean> {
  return sendWithin(
    limits,
    ['email-change:first', userId, side],
    [['email-change:mailbox', side, new Mailbox(email)]],
    send,
  )
}

/**
 * Sends a mail about a sign-up within the limit of its mailbox. A mailbox has many spellings, and no account yet. So only the
 * plain spelling has a first mail of its own, which requests for the others do not use up.
 *
 * @returns whether it was sent
 */
export function sendSignUp(limits: Limits, email: string, send: () => Promise<void>): Promise<boolean> {
  const mailbox = new Mailbox(email)
  const shared: readonly Charge[] = [['sign-up-mail:mailbox', mailbox]]
  const isPlain = mailbox.name === email.toLowerCase()
  return isPlain ? sendWithin(limits, ['sign-up-mail:first', mailbox], shared, send) : isWithin(limits, shared, send)
}

/**
 * The first mail of an account in an hour is always sent. So nobody can use up the mails of an account with accounts of their
 * own at the same mailbox.
 */
async function sendWithin(
  limits: Limits,
  first: Charge,
  shared: readonly Charge[],
  send: () => Promise<void>,
): Promise<boolean> {
  const isFirst = await isWithin(limits, [first], send)
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
