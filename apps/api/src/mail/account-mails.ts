import { z } from 'zod'
import type { AccountMails } from '../accounts/account-mails.js'
import type { Reader } from '../accounts/auth.js'
import { mailLanguage } from '../accounts/language.js'
import { DAY_MS } from '../durations.js'
import { deletionCharges, ownerCharges } from '../limits/mail-limits.js'
import type { MailKind } from './attempt.js'
import {
  accountDeletedMessage,
  type Context,
  passkeyChangedMessage,
  providerChangedMessage,
  secondFactorChangedMessage,
} from './messages.js'
import type { Message } from './layout.js'
import { type Add, prepareMails } from './prepare.js'

/** The part of the accounts that these mails need when they are sent. */
export interface AccountLinks {
  /** `null` when the user is gone. */
  findReader(userId: string): Promise<Reader | null>
}

/** Mails about changes of the ways in. Each resolves once it is safe in the queue, and rejects with `MailQueueFullError`. */
export interface WayInMails {
  notifyPasskeyChange(userId: string, change: WayInChange, at: Date): Promise<void>
  /** A linked account of a provider. */
  notifyProviderChange(userId: string, change: WayInChange, at: Date): Promise<void>
  /** `renewed`: its backup codes. */
  notifySecondFactorChange(userId: string, change: SecondFactorChange, at: Date): Promise<void>
}

const wayInChanges = ['added', 'removed'] as const
type WayInChange = (typeof wayInChanges)[number]

const secondFactorChanges = ['on', 'off', 'renewed'] as const
type SecondFactorChange = (typeof secondFactorChanges)[number]

const ACCOUNT_DELETED = 'account-deleted'
const PASSKEY_CHANGED = 'passkey-changed'
const SECOND_FACTOR_CHANGED = 'second-factor-changed'
const PROVIDER_CHANGED = 'provider-changed'

const deletedPayload = z.object({
  userId: z.string(),
  to: z.string(),
  language: mailLanguage,
  at: z.coerce.date(),
  isMade: z.boolean().default(false),
})

export function createAccountMails(add: Add): Pick<AccountMails, 'prepareAccountDeleted'> & WayInMails {
  const notify =
    (kind: string) =>
    async (userId: string, change: string, at: Date): Promise<void> => {
      const payload = JSON.stringify({ userId, change, at })
      await add({ key: `${kind}:${userId}`, kind, payload, isApart: true })
    }
  return {
    prepareAccountDeleted(userId, reader) {
      const payload = { userId, ...reader, at: new Date() }
      return prepareMails(add, [{ key: `${ACCOUNT_DELETED}:${userId}`, kind: ACCOUNT_DELETED, payload }])
    },

    notifyPasskeyChange: notify(PASSKEY_CHANGED),
    notifyProviderChange: notify(PROVIDER_CHANGED),
    notifySecondFactorChange: notify(SECOND_FACTOR_CHANGED),
  }
}

export function accountMailKinds(links: AccountLinks, baseUrl: string): [string, MailKind][] {
  return [
    [ACCOUNT_DELETED, accountDeletedMail(links, baseUrl)],
    [PASSKEY_CHANGED, wayInMail(wayInChanges, passkeyChangedMessage, links, baseUrl)],
    [PROVIDER_CHANGED, wayInMail(wayInChanges, providerChangedMessage, links, baseUrl)],
    [SECOND_FACTOR_CHANGED, wayInMail(secondFactorChanges, secondFactorChangedMessage, links, baseUrl)],
  ]
}

const notice = {
  maxAgeMs: 3 * DAY_MS,
  charges: (to) => ownerCharges('account-notice', to),
} satisfies Partial<MailKind>

function accountDeletedMail(links: AccountLinks, baseUrl: string): MailKind {
  return {
    ...notice,
    charges: deletionCharges,
    async compose(payload) {
      const { userId, to, language, at, isMade } = deletedPayload.parse(JSON.parse(payload))
      if (!isMade && (await links.findReader(userId)) !== null) return null // the deletion failed
      return { to, message: accountDeletedMessage(at, { language, baseUrl, url: new URL('/sign-up', baseUrl).href }) }
    },
  }
}

/** It leads to the page where the person can undo the change. */
function wayInMail<Change extends string>(
  changes: readonly Change[],
  say: (change: Change, at: Date, context: Context) => Message,
  links: AccountLinks,
  baseUrl: string,
): MailKind {
  const payloadOf = z.object({ userId: z.string(), change: z.enum(changes), at: z.coerce.date() })
  return {
    ...notice,
    async compose(payload) {
      const { userId, change, at } = payloadOf.parse(JSON.parse(payload))
      const reader = await links.findReader(userId)
      const url = new URL('/security', baseUrl).href
      return reader && { to: reader.to, message: say(change, at, { ...reader, baseUrl, url }) }
    },
  }
}
