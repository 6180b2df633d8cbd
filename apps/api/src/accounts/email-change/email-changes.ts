import type { AuthContext } from '@better-auth/core'
import { runWithTransaction } from '@better-auth/core/context'
import type { Session, SessionStore } from '@rollcall/session-store'
import type { AccountMails } from '../prepared-mails.js'
import { type MailLink, type Reader, readerOf } from '../people/reader.js'
import { languageOf } from '../people/language.js'
import { lockUser } from '../people/lock-user.js'
import { createEmailChangeToken, type EmailChangeLink, findEmailChangeLink } from './links.js'
import {
  deleteEmailChange,
  type EmailChange,
  findEmailChange,
  newEmailChange,
  type Side,
  writeEmailChange,
} from './pending.js'

/** A change of the email address, as the page of one of its links shows it. */
export interface LinkedEmailChange {
  readonly userId: string
  readonly changeId: string
  /** The address that the link went to. */
  readonly side: Side
  /** The address that the account is to have. */
  readonly email: string
  /** The other address has confirmed it: this link changes the address. */
  readonly isLast: boolean
}

/** A new email address for an account. Each operation rejects with what the database fails with. */
export interface EmailChanges {
  /**
   * Begins a change of address, and asks both addresses by mail. It takes the place of one that is pending. It does the same
   * work whether or not another account has the new address. Rejects with `MailQueueFullError` too.
   *
   * @returns `own` for the address that the account has already; `over` if the session was revoked meanwhile, or the user is
   *   gone. Then nothing was done.
   */
  requestEmailChange(
    by: { readonly session: Session; readonly token: string },
    email: string,
  ): Promise<'requested' | 'own' | 'over'>
  /** The change that is pending; `null` for none. */
  findEmailChange(userId: string): Promise<EmailChange | null>
  /** Returns whether there was one. Its links work no more. */
  cancelEmailChange(userId: string): Promise<boolean>
  /**
   * For the mail to one of the addresses. `isTaken`: another account has the new one. Then the mail goes to its owner,
   * and the link leads to the sign-in page. `null` when the change is no longer pending.
   */
  createEmailChangeLink(link: EmailChangeLink): Promise<(MailLink & { readonly isTaken: boolean }) | null>
  /** The change that a link confirms; the link is not used up. `null` for one that is unknown, used or over. */
  findLinkedEmailChange(token: string): Promise<LinkedEmailChange | null>
}

type Rows = Pick<AuthContext, 'adapter' | 'internalAdapter'>

interface Options {
  readonly baseUrl: string
  readonly accountMails: AccountMails
  readonly store: Pick<SessionStore, 'validate'>
}

export function emailChangesOf(rows: Rows, { baseUrl, accountMails, store }: Options): EmailChanges {
  const { adapter, internalAdapter } = rows
  return {
    async requestEmailChange({ session: { userId }, token }, email) {
      const user = await internalAdapter.findUserById(userId)
      if (user === null) return 'over'
      if (user.email === email) return 'own'
      const change = newEmailChange(email)
      const mails = await accountMails.prepareEmailChange(userId, change.id)
      const isRequested = await runWithTransaction(adapter, async () => {
        // A new password, which revokes this session, holds the row as well. So it ends this change, or keeps it from beginning.
        if ((await lockUser(rows, userId)) === null || (await store.validate(token, { strict: true })) === null)
          return false
        await deleteEmailChange(rows, userId)
        await writeEmailChange(rows, userId, change)
        return true
      })
      if (!isRequested) return 'over' // the mails find no change, and are dropped
      await mails.release().catch(() => undefined) // they leave a few seconds later by themselves
      return 'requested'
    },

    findEmailChange: (userId) => findEmailChange(rows, userId),

    async cancelEmailChange(userId) {
      return runWithTransaction(adapter, async () => {
        await lockUser(rows, userId)
        return deleteEmailChange(rows, userId)
      })
    },

    async createEmailChangeLink(link) {
      const { userId, changeId, side } = link
      const change = await findEmailChange(rows, userId)
      const user = await internalAdapter.findUserById(userId)
      if (user === null || change?.id !== changeId || change.confirmed.includes(side)) return null
      const owner = side === 'new' ? await readerAt(internalAdapter, change.email) : null
      if (owner !== null) return { ...owner, url: new URL('/sign-in', baseUrl).href, isTaken: true }
      const url = new URL('/confirm-email', baseUrl)
      url.searchParams.set('token', await createEmailChangeToken(internalAdapter, link, change))
      const reader = side === 'old' ? readerOf(user) : { to: change.email, language: languageOf(user) }
      return { ...reader, url: url.href, isTaken: false }
    },

    findLinkedEmailChange: (token) => findLinkedEmailChange(rows, token),
  }
}

/** The change that a link confirms; `null` for a link that is unknown, used or over. */
export async function findLinkedEmailChange(rows: Rows, token: string): Promise<LinkedEmailChange | null> {
  const link = await findEmailChangeLink(rows.internalAdapter, token)
  const change = link && (await findEmailChange(rows, link.userId))
  if (link === null || change?.id !== link.changeId || change.confirmed.includes(link.side)) return null
  return { ...link, email: change.email, isLast: change.confirmed.length > 0 }
}

async function readerAt(
  internalAdapter: Pick<AuthContext['internalAdapter'], 'findUserByEmail'>,
  email: string,
): Promise<Reader | null> {
  const found = await internalAdapter.findUserByEmail(email)
  return found && readerOf(found.user)
}
