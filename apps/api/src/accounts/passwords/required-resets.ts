import type { SessionStore } from '@rollcall/session-store'
import type { AuthContext } from '@better-auth/core'
import { z } from 'zod'
import type { AccountMails } from '../prepared-mails.js'

/** An operation that takes the passwords of many users away. It may be killed at any point, and is then run again. */
interface MassReset {
  readonly id: string
  readonly startedAt: Date
  /** Revokes the sessions of a user that were created by a time. */
  revoke(userId: string, createdBy: Date): Promise<unknown>
}

export interface RequiredResets {
  /**
   * Asks for a mail with a link to choose a new password, removes the password of a user, and revokes all sessions. A user
   * without a password is signed out and gets no mail. Whenever it failed, repeat it. In a mass reset, a password that was
   * chosen since then stays. So do the sessions that began since.
   *
   * @param mass Does it once for each of these, however often it is called.
   * @returns Whether the user had a password.
   *
   * @throws {MailQueueFullError} before it changes anything.
   * @throws {SessionStoreUnavailableError} and what the database fails with.
   */
  requirePasswordReset(userId: string, mass?: MassReset): Promise<boolean>
}

/** `resetBy` is the id of the last mass reset. It changes in the step that removes the password, or when there is none. */
export const resetFields = { resetBy: { type: 'string', required: false, input: false, returned: false } } as const

const credential = z.object({
  id: z.string(),
  password: z.string().nullish(),
  resetBy: z.string().nullish(),
  updatedAt: z.date(),
})

export function createRequiredResets(
  { internalAdapter }: Pick<AuthContext, 'internalAdapter'>,
  { store, accountMails }: { readonly store: SessionStore; readonly accountMails: AccountMails },
): RequiredResets {
  return {
    async requirePasswordReset(userId, mass) {
      if ((await internalAdapter.findUserById(userId)) === null) return false
      const found = await internalAdapter.findCredentialAccount(userId)
      const account = found && credential.parse(found)
      const isRepeated = mass !== undefined && account?.resetBy === mass.id
      if (!account?.password) {
        if (mass === undefined) {
          await store.revokeAll(userId, { credentialChange: true }) // an earlier call may have failed just before that
          return false
        }
        // It may have been killed right after it removed the password.
        const isRemoved = isRepeated && account.updatedAt > mass.startedAt
        await mass.revoke(userId, isRemoved ? account.updatedAt : mass.startedAt)
        if (account && !isRepeated) {
          const mark = { resetBy: mass.id, updatedAt: account.updatedAt }
          await internalAdapter.updateAccount(account.id, mark) // else a repetition takes a password that is chosen next
        }
        return isRemoved
      }
      if (isRepeated) return true // it was chosen since, which has signed out everybody else
      const mail = await accountMails.preparePasswordRequired(userId, mass && 'mass reset') // a repetition finds no password
      const mark = mass && { resetBy: mass.id, updatedAt: await store.time() }
      await internalAdapter.updateAccount(account.id, { password: null, ...mark }) // which revokes all sessions
      await mail.release()
      return true
    },
  }
}
