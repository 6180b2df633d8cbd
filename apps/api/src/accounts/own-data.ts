import type { AuthContext } from '@better-auth/core'
import { getCurrentAdapter, runWithTransaction } from '@better-auth/core/context'
import type { Session, SessionStore } from '@rollcall/session-store'
import { z } from 'zod'
import type { AccountMails } from './prepared-mails.js'
import { type Reader, readerOf } from './people/reader.js'
import { lockUser } from './people/lock-user.js'

/** Gives a person their data, and deletes their account. Each rejects with the error of the database. */
export interface OwnData {
  /** The rows of a user, without hashes and secrets; `null` for a user who is gone. */
  readPersonalData(userId: string): Promise<PersonalData | null>
  /** Whom mails to a user greet, and how; `null` for one who is gone. */
  findReader(userId: string): Promise<Reader | null>
  /**
   * Deletes the user of a session, which revokes all sessions. A failure before the commit changes nothing; repeating it is
   * harmless. A mail follows.
   *
   * @returns `false` if the session was revoked meanwhile, or the user is gone. Nothing was deleted then.
   * @throws {SessionStoreUnavailableError} as the cause of an APIError, and what the database fails with.
   */
  deleteUser(by: { readonly session: Session; readonly token: string }): Promise<boolean>
}

/**
 * Dates are ISO 8601.
 *
 * @public because the declarations of the router name it.
 */
export interface PersonalData {
  readonly user: z.infer<typeof userRow>
  readonly devices: readonly z.infer<typeof deviceRow>[]
  /** How this person can sign in: passwords and providers, passkeys, and whether there is a second factor. */
  readonly waysIn: {
    readonly accounts: readonly z.infer<typeof accountRow>[]
    readonly passkeys: readonly z.infer<typeof passkeyRow>[]
    readonly secondFactor: boolean
  }
}

const date = z.date().transform((value) => value.toISOString())

// Only what is named here leaves the server: an update of better-auth may add a column with a secret.
const userRow = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  emailVerified: z.boolean(),
  language: z.string().nullish().default(null),
  timeZone: z.string().nullish().default(null),
  role: z.string().nullish().default(null),
  banned: z.boolean().nullish().default(null),
  banReason: z.string().nullish().default(null),
  createdAt: date,
  updatedAt: date,
})
const deviceRow = z.object({
  deviceId: z.string(),
  name: z.string().nullish().default(null),
  createdAt: date,
  lastSeenAt: date,
})
const accountRow = z.object({
  providerId: z.string(),
  accountId: z.string(),
  createdAt: date,
  updatedAt: date,
  lastUsedAt: date.nullish().default(null),
})
const passkeyRow = z.object({
  name: z.string().nullish().default(null),
  createdAt: date.nullish().default(null),
  lastUsedAt: date.nullish().default(null),
})
const secondFactor = z.object({ twoFactorEnabled: z.literal(true) })

/** Rows of one kind in the data of a person. Anybody with the password can make as many as they like. */
const MAX_ROWS = 1_000

interface Options {
  readonly store: SessionStore
  readonly accountMails: AccountMails
}

/** @param context That of better-auth with the plugin `rollcall`, whose adapter revokes what must be revoked. */
export function ownData(context: AuthContext, { store, accountMails }: Options): OwnData {
  const { adapter, internalAdapter, tables } = context
  const rowsOf = async <T>(model: string, userId: string, row: z.ZodType<T>, newest = 'createdAt'): Promise<T[]> =>
    model in tables
      ? z.array(row).parse(
          await adapter.findMany({
            model,
            where: [{ field: 'userId', value: userId }],
            sortBy: { field: newest, direction: 'desc' },
            limit: MAX_ROWS,
          }),
        )
      : []

  const findReader = async (userId: string): Promise<Reader | null> => {
    const user = await internalAdapter.findUserById(userId)
    return user && readerOf(user)
  }

  return {
    async readPersonalData(userId) {
      const user = await internalAdapter.findUserById(userId)
      if (user === null) return null
      const [devices, accounts, passkeys] = await Promise.all([
        rowsOf('device', userId, deviceRow, 'lastSeenAt'),
        rowsOf('account', userId, accountRow),
        rowsOf('passkey', userId, passkeyRow),
      ])
      const waysIn = { accounts, passkeys, secondFactor: secondFactor.safeParse(user).success }
      return { user: userRow.parse(user), devices, waysIn }
    },

    findReader,

    async deleteUser({ session: { userId }, token }) {
      const reader = await findReader(userId)
      if (reader === null) return false
      const mail = await accountMails.prepareAccountDeleted(userId, reader)
      const isDeleted = await runWithTransaction(adapter, async () => {
        // A session that was revoked while this waited deletes nothing.
        if ((await lockUser(context, userId)) === null || (await store.validate(token, { strict: true })) === null)
          return false
        const sql = await getCurrentAdapter(adapter)
        await sql.delete({ model: 'user', where: [{ field: 'id', value: userId }] }) // the database deletes the rows that refer to it
        return true
      })
      if (isDeleted) await mail.release().catch(() => undefined) // it leaves a few seconds later by itself
      return isDeleted
    },
  }
}
