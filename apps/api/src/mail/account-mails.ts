import { z } from 'zod'
import type { AccountMails } from '../accounts/account-mails.js'
import type { Reader } from '../accounts/auth.js'
import { mailLanguage } from '../accounts/language.js'
import type { Log } from '../log.js'
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

interface Options {
  readonly baseUrl: string
  readonly log: Log
  readonly sendAccountNotice: (email: string, send: () => Promise<void>) => Promise<boolean>
}

const ACCOUNT_DELETED = 'account-deleted'
const PASSKEY_CHANGED = 'passkey-changed'
const SECOND_FACTOR_CHANGED = 'second-factor-changed'
const PROVIDER_CHANGED = 'provider-changed'
const MAX_AGE_MS = 3 * 24 * 60 * 60_000

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

export function accountMailKinds(links: AccountLinks, options: Options): [string, MailKind][] {
  return [
    [ACCOUNT_DELETED, accountDeletedMail(links, options)],
    [
      PASSKEY_CHANGED,
      wayInMail({ about: 'a changed passkey', changes: wayInChanges, say: passkeyChangedMessage }, links, options),
    ],
    [
      PROVIDER_CHANGED,
      wayInMail({ about: 'a changed provider', changes: wayInChanges, say: providerChangedMessage }, links, options),
    ],
    [
      SECOND_FACTOR_CHANGED,
      wayInMail(
        { about: 'a changed second factor', changes: secondFactorChanges, say: secondFactorChangedMessage },
        links,
        options,
      ),
    ],
  ]
}

function accountDeletedMail(links: AccountLinks, options: Options): MailKind {
  const { baseUrl } = options
  return {
    ...noticeOf('a deleted account', options),
    async compose(payload) {
      const { userId, to, language, at, isMade } = deletedPayload.parse(JSON.parse(payload))
      if (!isMade && (await links.findReader(userId)) !== null) return null // the deletion failed
      return { to, message: accountDeletedMessage(at, { language, baseUrl, url: new URL('/sign-up', baseUrl).href }) }
    },
  }
}

interface WayInMail<Change extends string> {
  /** For the log. */
  readonly about: string
  readonly changes: readonly Change[]
  readonly say: (change: Change, at: Date, context: Context) => Message
}

/** It leads to the page where the person can undo the change. */
function wayInMail<Change extends string>(
  { about, changes, say }: WayInMail<Change>,
  links: AccountLinks,
  options: Options,
): MailKind {
  const { baseUrl } = options
  const payloadOf = z.object({ userId: z.string(), change: z.enum(changes), at: z.coerce.date() })
  return {
    ...noticeOf(about, options),
    async compose(payload) {
      const { userId, change, at } = payloadOf.parse(JSON.parse(payload))
      const reader = await links.findReader(userId)
      const url = new URL('/security', baseUrl).href
      return reader && { to: reader.to, message: say(change, at, { ...reader, baseUrl, url }) }
    },
  }
}

/** @param about for the log */
function noticeOf(about: string, { log, sendAccountNotice }: Options): Pick<MailKind, 'maxAgeMs' | 'limited'> {
  return {
    maxAgeMs: MAX_AGE_MS,
    async limited(to, sendNow) {
      const isSent = await sendAccountNotice(to, sendNow)
      if (!isSent) log.warn(`No mail about ${about}: its mailbox has had as many as the limit allows`)
      return isSent
    },
  }
}
