import { z } from 'zod'
import type { AccountMails } from '../accounts/account-mails.js'
import type { Reader } from '../accounts/auth.js'
import type { Log } from '../log.js'
import type { MailKind } from './attempt.js'
import { accountDeletedMessage, passkeyChangedMessage, providerChangedMessage } from './messages.js'
import type { NewMail } from './queue.js'

/** The part of the accounts that these mails need when they are sent. */
export interface AccountLinks {
  /** `null` when the user is gone. */
  findReader(userId: string): Promise<Reader | null>
}

export interface PasskeyMails {
  /** Resolves once the mail is safe in the queue. Rejects with `MailQueueFullError`. */
  notifyPasskeyChange(userId: string, change: 'added' | 'removed', at: Date): Promise<void>
  /** The same for a linked account of a provider. */
  notifyProviderChange(userId: string, change: 'added' | 'removed', at: Date): Promise<void>
}

interface Options {
  readonly baseUrl: string
  readonly log: Log
  readonly sendAccountNotice: (email: string, send: () => Promise<void>) => Promise<boolean>
}

const ACCOUNT_DELETED = 'account-deleted'
const PASSKEY_CHANGED = 'passkey-changed'
const PROVIDER_CHANGED = 'provider-changed'
/** Longer than a deletion can take before it fails. */
const DELETION_MS = 10_000
const MAX_AGE_MS = 3 * 24 * 60 * 60_000

const deletedPayload = z.object({
  userId: z.string(),
  to: z.string(),
  language: z.enum(['en', 'de']),
  at: z.coerce.date(),
})

const changePayload = z.object({ userId: z.string(), change: z.enum(['added', 'removed']), at: z.coerce.date() })

export function createAccountMails({
  add,
  release,
}: {
  readonly add: (mail: NewMail) => Promise<void>
  readonly release: (key: string) => Promise<void>
}): Pick<AccountMails, 'prepareAccountDeleted'> & PasskeyMails {
  const notify = async (kind: string, userId: string, change: 'added' | 'removed', at: Date): Promise<void> =>
    add({ key: `${kind}:${change}:${userId}`, kind, payload: JSON.stringify({ userId, change, at }) })
  return {
    async prepareAccountDeleted(userId, reader) {
      const key = `${ACCOUNT_DELETED}:${userId}`
      const payload = JSON.stringify({ userId, ...reader, at: new Date() })
      await add({ key, kind: ACCOUNT_DELETED, payload, delayMs: DELETION_MS })
      return { release: () => release(key) }
    },

    notifyPasskeyChange: (userId, change, at) => notify(PASSKEY_CHANGED, userId, change, at),
    notifyProviderChange: (userId, change, at) => notify(PROVIDER_CHANGED, userId, change, at),
  }
}

export function accountMailKinds(links: AccountLinks, options: Options): [string, MailKind][] {
  return [
    [ACCOUNT_DELETED, accountDeletedMail(links, options)],
    [PASSKEY_CHANGED, changedMail('a changed passkey', passkeyChangedMessage, links, options)],
    [PROVIDER_CHANGED, changedMail('a changed provider', providerChangedMessage, links, options)],
  ]
}

function accountDeletedMail(links: AccountLinks, options: Options): MailKind {
  const { baseUrl } = options
  return {
    ...noticeOf('a deleted account', options),
    async compose(payload) {
      const { userId, to, language, at } = deletedPayload.parse(JSON.parse(payload))
      if ((await links.findReader(userId)) !== null) return null // the deletion failed
      return { to, message: accountDeletedMessage(at, { language, baseUrl, url: new URL('/sign-up', baseUrl).href }) }
    },
  }
}

/** @param about for the log */
function changedMail(
  about: string,
  messageOf: typeof passkeyChangedMessage,
  links: AccountLinks,
  options: Options,
): MailKind {
  const { baseUrl } = options
  return {
    ...noticeOf(about, options),
    async compose(payload) {
      const { userId, change, at } = changePayload.parse(JSON.parse(payload))
      const reader = await links.findReader(userId)
      const url = new URL('/security', baseUrl).href
      return reader && { to: reader.to, message: messageOf(change, at, { ...reader, baseUrl, url }) }
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
