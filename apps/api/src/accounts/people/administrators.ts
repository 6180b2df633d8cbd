import type { AuthContext } from '@better-auth/core'
import type { Audit } from '@rollcall/auth'
import type { SessionStore } from '@rollcall/session-store'
import { admin } from 'better-auth/plugins/admin'
import { z } from 'zod'
import type { Database } from '../database/database.js'
import { ADMINISTRATOR, changeUser, type UserChange } from './change-user.js'

/** A person, as administrators see them. */
export interface Person {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly createdAt: Date
  /** Has the role. Someone who is banned may have it too. */
  readonly isAdmin: boolean
  readonly isBanned: boolean
  /** Empty if no reason was given. */
  readonly banReason: string
}

/** Reads and changes the role and the bans. Each rejects with the error of the database. */
export interface Administrators {
  /** `null` for a user who is gone. */
  findUser(userId: string): Promise<Person | null>
  /** In the order of the ids; those who are gone are left out. */
  findUsers(userIds: readonly string[]): Promise<Person[]>
  listAdministrators(): Promise<Person[]>
  /**
   * Gives or takes the role, and leaves an event and an audit line if the user was otherwise.
   *
   * @throws {SessionStoreUnavailableError} before it changes anything.
   */
  setAdministrator(userId: string, isAdmin: boolean): Promise<void>
  /**
   * Refuses every sign-in of the user from now on and revokes all sessions. One under way that began before is refused too.
   *
   * @throws {SessionStoreUnavailableError} as the cause of an APIError. The user may be banned then; repeat it.
   */
  ban(userId: string, reason: string): Promise<void>
  /**
   * Lets the user sign in again, and leaves an event and an audit line if the user was banned.
   *
   * @throws {SessionStoreUnavailableError} before it changes anything.
   */
  unban(userId: string): Promise<void>
}

/**
 * The role and the bans are columns of better-auth's plugin `admin`. All of its endpoints stay closed. Before each new session, it
 * asks whether the user is banned.
 */
export function administratorPlugin() {
  return admin({ bannedUserMessage: 'This account is blocked.' })
}

const row = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    createdAt: z.date(),
    role: z.string().nullish(),
    banned: z.boolean().nullish(),
    banReason: z.string().nullish(),
  })
  .transform(({ role, banned, banReason, ...person }): Person => ({
    ...person,
    isAdmin: role === ADMINISTRATOR,
    isBanned: banned === true,
    banReason: banReason ?? '',
  }))

const MAX_ADMINISTRATORS = 1_000

interface Options {
  readonly database: Database
  readonly store: SessionStore
  readonly audit: Audit
}

/** @param context That of better-auth with the plugin `rollcall`, whose adapter revokes the sessions of the banned. */
export function administrators(
  { adapter, internalAdapter }: AuthContext,
  { database, store, audit }: Options,
): Administrators {
  const findUsers = async (userIds: readonly string[]): Promise<Person[]> => {
    if (userIds.length === 0) return []
    const rows = await adapter.findMany({
      model: 'user',
      where: [{ field: 'id', operator: 'in', value: [...userIds] }],
      limit: userIds.length,
    })
    const people = new Map(rows.map((found) => row.parse(found)).map((person) => [person.id, person]))
    return userIds.flatMap((id) => people.get(id) ?? [])
  }

  const change = async (userId: string, event: UserChange): Promise<void> => {
    if (await changeUser(database, store, userId, event)) audit({ event, result: 'ok', userId })
  }

  return {
    async findUser(userId) {
      const user = await internalAdapter.findUserById(userId)
      return user && row.parse(user)
    },

    findUsers,

    async listAdministrators() {
      const where = [{ field: 'role', value: ADMINISTRATOR }]
      const rows = await adapter.findMany({ model: 'user', where, limit: MAX_ADMINISTRATORS })
      return rows.map((found) => row.parse(found))
    },

    setAdministrator: (userId, isAdmin) => change(userId, isAdmin ? 'administrator-added' : 'administrator-removed'),

    async ban(userId, reason) {
      await internalAdapter.updateUser(userId, { banned: true, banReason: reason || null, banExpires: null })
    },

    unban: (userId) => change(userId, 'user-unbanned'),
  }
}
