import type { AuthContext } from '@better-auth/core'
import { runWithTransaction } from '@better-auth/core/context'
import {
  createDeviceToken,
  createResetToken,
  deviceIdIn,
  isUnnotified,
  secureAccountIdentifier,
  userIdInSecureAccountValue,
} from '@rollcall/auth'
import type { ProviderSettings } from '../../settings/providers.js'
import { lockUser } from './lock-user.js'
import { type MailLink, readerOf } from './reader.js'
import { findRecentAdditions, type RecentAddition } from './recent-additions.js'

/** Links in mails, by the page that they lead to. */
type LinkKind = 'reset-password' | 'secure-account'

export interface MailLinks {
  /** To choose a new password: works once, for an hour. `null` when nobody has this email address. */
  createResetLink(email: string): Promise<MailLink | null>
  /** To say that a sign-in was not theirs: works once, for seven days. `null` when the user is gone or was notified. */
  createNewDeviceLink(userId: string, deviceId: string): Promise<MailLink | null>
  /** Whom the link of a mail is for, and which device; it is not used up. `null` for one that is unknown, used or expired. */
  findLink(kind: LinkKind, token: string): Promise<{ userId: string; deviceId: string | null } | null>
  /** The ways in that "This wasn’t me" about that device would take away. */
  findAdditions(device: { readonly userId: string; readonly deviceId: string }): Promise<RecentAddition[]>
}

/** Links of mails: made, and found again by their token. */
export function accountLinks(
  { adapter, internalAdapter }: Pick<AuthContext, 'adapter' | 'internalAdapter'>,
  baseUrl: string,
  providers: readonly ProviderSettings[],
): MailLinks {
  const pageFor = (path: string, token: string): string => {
    const url = new URL(path, baseUrl)
    url.searchParams.set('token', token)
    return url.href
  }

  /** `null` for a user whose email address changes in this moment. That change must see the links to the old one, to delete them. */
  const linkFor = async (
    { id, email }: { readonly id: string; readonly email: string },
    path: string,
    createToken: () => Promise<string>,
  ): Promise<MailLink | null> =>
    await runWithTransaction(adapter, async () => {
      const user = await lockUser({ adapter }, id)
      if (user?.email !== email) return null
      return { ...readerOf(user), url: pageFor(path, await createToken()) }
    })

  return {
    async createResetLink(email) {
      const found = await internalAdapter.findUserByEmail(email)
      return found && linkFor(found.user, '/reset-password', () => createResetToken(internalAdapter, found.user.id))
    },

    async createNewDeviceLink(userId, deviceId) {
      const user = await internalAdapter.findUserById(userId)
      if (user === null || !(await isUnnotified(adapter, deviceId))) return null
      return linkFor(user, '/secure-account', () => createDeviceToken(internalAdapter, userId, deviceId))
    },

    async findLink(kind, token) {
      const isReset = kind === 'reset-password'
      const found = await internalAdapter.findVerificationValue(
        isReset ? `reset-password:${token}` : secureAccountIdentifier(token),
      )
      if (found === null || found.expiresAt <= new Date()) return null
      const userId = isReset ? found.value : userIdInSecureAccountValue(found.value)
      const user = userId === null ? null : await internalAdapter.findUserById(userId)
      return user && { userId: user.id, deviceId: isReset ? null : deviceIdIn(token) }
    },

    findAdditions: (device) => findRecentAdditions(adapter, providers, device),
  }
}
