import { z } from 'zod'
import type { AccountMails } from '../accounts/prepared-mails.js'
import type { MailLink, Reader } from '../accounts/people/reader.js'
import { mailLanguage } from '../accounts/people/language.js'
import { timeZoneInput } from '../accounts/people/time-zone.js'
import { SECOND_MS } from '../durations.js'
import { deletionCharges, ownerCharges } from '../limits/mail-limits.js'
import { type MailKind, NOTICE_MAX_AGE_MS } from './attempt.js'
import {
  accountDeletedMessage,
  type Context,
  passkeyChangedMessage,
  passwordChangedMessage,
  passwordRemovedMessage,
  passwordChoiceMessage,
  passwordRequiredMessage,
  providerChangedMessage,
  secondFactorChangedMessage,
} from './messages.js'
import type { Message } from './layout.js'
import { type Add, prepareMails } from './prepare.js'

/** The part of the accounts that these mails need when they are sent. */
export interface AccountLinks {
  /** `null` when the user is gone. */
  findReader(userId: string): Promise<Reader | null>
  /** `null` when the user is gone, or has no password. */
  findPasswordOwner(userId: string): Promise<Reader | null>
  /** `null` when nobody has this email address. */
  createResetLink(email: string): Promise<MailLink | null>
}

const ACCOUNT_DELETED = 'account-deleted'
const PASSWORD_REQUIRED = 'password-required'
const PASSWORD_CHOICE = 'password-choice'
const PASSWORD_CHANGED = 'password-changed'
const PASSWORD_REMOVED = 'password-removed'
const PASSKEY_CHANGED = 'passkey-changed'
const SECOND_FACTOR_CHANGED = 'second-factor-changed'
const PROVIDER_CHANGED = 'provider-changed'

// An earlier version had one word for the first password and for others.
const passwordChange = z.enum(['set', 'changed']).default('changed')
const removal = z.literal('removed')
const wayInChange = z.enum(['added', 'removed'])
const secondFactorChange = z.enum(['on', 'off', 'renewed'])

/**
 * A changed way in. `set`: the account had no password before. `provider-changed`: a linked account. `renewed`: the backup codes
 * of the second factor.
 */
export type Notice =
  | readonly [kind: typeof PASSWORD_CHANGED, change: z.infer<typeof passwordChange>]
  | readonly [kind: typeof PASSWORD_REMOVED, change: z.infer<typeof removal>]
  | readonly [kind: typeof PASSKEY_CHANGED | typeof PROVIDER_CHANGED, change: z.infer<typeof wayInChange>]
  | readonly [kind: typeof SECOND_FACTOR_CHANGED, change: z.infer<typeof secondFactorChange>]

export interface Notices {
  /**
   * Resolves once the mail to the owner is in the queue, and rejects with `MailQueueFullError`. In a transaction, the mail is part
   * of it. The function that it resolves to withdraws the mail.
   */
  notifyOwner(userId: string, notice: Notice, at: Date): Promise<() => Promise<void>>
}

const deletedPayload = z.object({
  userId: z.string(),
  to: z.string(),
  language: mailLanguage,
  timeZone: timeZoneInput,
  name: z.string().optional(),
  at: z.coerce.date(),
  isMade: z.boolean().default(false),
})

/** For a mail to a user who has no password any more. */
const retiredPayload = z.object({ userId: z.string() })

/** From a change to its first notice. Longer than it takes to find out that the session which made the change had ended. */
const NOTICE_DELAY_MS = SECOND_MS

export function createAccountMails(
  add: Add,
  withdraw: (key: string) => Promise<void>,
): Pick<AccountMails, 'prepareAccountDeleted' | 'preparePasswordRequired' | 'requestPasswordChoice'> & Notices {
  return {
    prepareAccountDeleted(userId, reader) {
      const payload = { userId, ...reader, at: new Date() }
      return prepareMails(add, [{ key: `${ACCOUNT_DELETED}:${userId}`, kind: ACCOUNT_DELETED, payload }])
    },

    preparePasswordRequired(userId, cause) {
      const mail = { key: `${PASSWORD_REQUIRED}:${userId}`, kind: PASSWORD_REQUIRED, payload: { userId } }
      return prepareMails(add, [mail], cause)
    },

    async requestPasswordChoice(userId) {
      await add({ key: `${PASSWORD_CHOICE}:${userId}`, kind: PASSWORD_CHOICE, payload: JSON.stringify({ userId }) })
    },

    async notifyOwner(userId, [kind, change], at) {
      const payload = JSON.stringify({ userId, change, at })
      const key = await add({ key: `${kind}:${userId}`, kind, payload, isApart: true, delayMs: NOTICE_DELAY_MS })
      return () => withdraw(key)
    },
  }
}

export function accountMailKinds(links: AccountLinks, baseUrl: string): [string, MailKind][] {
  const find = links.findReader
  const page = new URL('/security', baseUrl) // where the person can undo the change
  const reset = new URL('/forgot-password', baseUrl)
  const password: MailKind = {
    ...noticeMail(passwordChange, passwordChangedMessage, { find: links.findPasswordOwner, page: reset }),
    charges: (to) => ownerCharges('password-changed', to),
  }
  return [
    [ACCOUNT_DELETED, accountDeletedMail(links, baseUrl)],
    [PASSWORD_REQUIRED, choiceMail(links, baseUrl, passwordRequiredMessage)],
    [PASSWORD_CHOICE, choiceMail(links, baseUrl, passwordChoiceMessage)],
    [PASSWORD_CHANGED, password],
    [PASSWORD_REMOVED, noticeMail(removal, (_, ...said) => passwordRemovedMessage(...said), { find, page: reset })],
    [PASSKEY_CHANGED, noticeMail(wayInChange, passkeyChangedMessage, { find, page })],
    [PROVIDER_CHANGED, noticeMail(wayInChange, providerChangedMessage, { find, page })],
    [SECOND_FACTOR_CHANGED, noticeMail(secondFactorChange, secondFactorChangedMessage, { find, page })],
  ]
}

const notice = {
  maxAgeMs: NOTICE_MAX_AGE_MS,
  charges: (to) => ownerCharges('account-notice', to),
} satisfies Partial<MailKind>

function accountDeletedMail(links: AccountLinks, baseUrl: string): MailKind {
  return {
    ...notice,
    charges: deletionCharges,
    async compose(payload) {
      const { userId, to, at, isMade, ...reader } = deletedPayload.parse(JSON.parse(payload))
      if (!isMade && (await links.findReader(userId)) !== null) return null // the deletion failed
      return {
        to,
        message: accountDeletedMessage(at, { ...reader, baseUrl, url: new URL('/sign-up', baseUrl).href }),
      }
    },
  }
}

/**
 * To a user whose password was taken away. Without limits: requests of strangers for this address must not use it up. Only an
 * operator can cause it, or the owner, with a link that was mailed to them.
 */
function choiceMail(links: AccountLinks, baseUrl: string, say: (context: Context) => Message): MailKind {
  return {
    maxAgeMs: NOTICE_MAX_AGE_MS,
    async compose(payload) {
      const { userId } = retiredPayload.parse(JSON.parse(payload))
      if ((await links.findPasswordOwner(userId)) !== null) return null // it was not taken away, or they have chosen another
      const reader = await links.findReader(userId)
      const link = reader && (await links.createResetLink(reader.to))
      return link && { to: link.to, message: say({ ...link, baseUrl }) }
    },
  }
}

/** The mail about a changed way in. */
function noticeMail<Change>(
  change: z.ZodType<Change>,
  say: (change: Change, at: Date, context: Context) => Message,
  { find, page }: { readonly find: AccountLinks['findReader']; readonly page: URL },
): MailKind {
  const payloadOf = z.object({ userId: z.string(), change, at: z.coerce.date() })
  return {
    ...notice,
    async compose(payload) {
      const { userId, change, at } = payloadOf.parse(JSON.parse(payload))
      const reader = await find(userId)
      const context = { baseUrl: page.origin, url: page.href }
      return reader && { to: reader.to, message: say(change, at, { ...reader, ...context }) }
    },
  }
}
