import { createHash } from 'node:crypto'
import type { Clock } from '@rollcall/session-store'
import type { DBTransactionAdapter, Where } from '@better-auth/core/db/adapter'
import { z } from 'zod'
import { currentPath } from '../request/current-endpoint.js'
import { requestState } from '../request/request-state.js'
import type { Model } from '../request/model.js'

// A row of the model `verification` stands behind each link or code that is pending. Its identifier holds the secret of a
// link, so SQL holds only a hash of it. The option `verification.storeIdentifier` of better-auth also accepts rows in clear,
// and so accepts the hash itself as a token.

/**
 * The model `verification` with hashed identifiers. A row that was stored in clear is never found.
 *
 * A row is as old as the request that wrote it, by Redis' clock. A request becomes as old as the row that it consumes. So a
 * sign-in that a link or code completes is refused if the credentials changed in between.
 */
export function verificationModel(sql: DBTransactionAdapter, clock: Clock): Model {
  // Expiries in SQL are by the clock that servers share, and better-auth compares them with the clock of this machine.
  const clockOffset = (): number => clock() - Date.now()
  const toStoredWhere = (where: readonly Where[]): Where[] =>
    hashIdentifiers(where).map((condition) => shiftExpiry(condition, 'value', clockOffset()))
  const toRead = <T>(row: T): T => shiftExpiry(row, 'expiresAt', -clockOffset())

  return {
    create: async (input) => {
      const createdAt = await (await requestState()).startedAt?.catch(() => null) // without a time, nobody signs in
      const data = { ...toStore(input.data), ...(createdAt && { createdAt }) }
      return toRead(await sql.create<typeof input.data, never>({ ...input, data }))
    },
    findOne: async <T>(input: Parameters<DBTransactionAdapter['findOne']>[0]) =>
      toRead(await sql.findOne<T>({ ...input, where: toStoredWhere(input.where) })),
    findMany: async <T>(input: Parameters<DBTransactionAdapter['findMany']>[0]) =>
      (await sql.findMany<T>({ ...input, where: toStoredWhere(input.where ?? []) })).map(toRead),
    count: (input) => sql.count({ ...input, where: toStoredWhere(input.where ?? []) }),
    update: async <T>(input: Parameters<DBTransactionAdapter['update']>[0]) =>
      toRead(await sql.update<T>({ ...input, where: toStoredWhere(input.where), update: toStore(input.update) })),
    updateMany: (input) =>
      sql.updateMany({ ...input, where: toStoredWhere(input.where), update: toStore(input.update) }),
    delete: (input) => sql.delete({ ...input, where: toStoredWhere(input.where) }),
    deleteMany: (input) => sql.deleteMany({ ...input, where: toStoredWhere(input.where) }),
    consumeOne: async <T>(input: Parameters<DBTransactionAdapter['consumeOne']>[0]) => {
      const row = await sql.consumeOne<T>({ ...input, where: toStoredWhere(input.where) })
      const { data } = withDate.safeParse(row)
      const state = await requestState()
      const startedAt = await state.startedAt?.catch(() => null)
      if (data !== undefined && startedAt && data.createdAt < startedAt)
        state.startedAt = Promise.resolve(data.createdAt)
      return toRead(row)
    },
    incrementOne: (input) => sql.incrementOne({ ...input, where: toStoredWhere(input.where) }),
  }

  function toStore<T extends object>(row: T): T {
    return shiftExpiry({ ...row, ...hashedIdentifier(row) }, 'expiresAt', clockOffset())
  }
}

/** Moves a date of a row, or the value of a condition on its expiry, by so many milliseconds. */
function shiftExpiry<T>(row: T, key: 'expiresAt' | 'value', milliseconds: number): T {
  if (typeof row !== 'object' || row === null || !(key in row)) return row
  if ('field' in row && row.field !== 'expiresAt') return row
  const date: unknown = row[key as keyof T] // it is in the row
  return date instanceof Date ? { ...row, [key]: new Date(date.getTime() + milliseconds) } : row
}

/**
 * Deletes the pending rows of a user that could replace a credential. They are reset links, links about new devices, trusted
 * devices, codes by mail or phone, and a change of the email address. Call it before the credential is written,
 * with the adapter of the same transaction. It locks the row of the user. So a row that depends on the credential is either
 * written before, and deleted here, or written after, by somebody who sees the new credential. A request to `/secure-account` keeps rows of its own kind until it has finished, so that it can be
 * repeated. It also keeps the password that it retires.
 *
 * @param sql that hashes identifiers.
 * @throws {Error} of the database.
 */
export async function deletePending(sql: DBTransactionAdapter, userId: string): Promise<void> {
  await sql.update({ model: 'user', where: [{ field: 'id', value: userId }], update: { updatedAt: new Date() } })
  const isSecuring = currentPath() === '/secure-account'
  const values = [userId, ...(isSecuring ? [] : [secureAccountValue(userId)])]
  await sql.deleteMany({ model: 'verification', where: [{ field: 'value', operator: 'in', value: values }] })
  const user = contacts.safeParse(await sql.findOne({ model: 'user', where: [{ field: 'id', value: userId }] })).data
  if (user === undefined) return
  const retired = isSecuring ? [] : [retiredPasswordOf(userId)]
  const codes = [...emailCodes(user.email), ...phoneCodes(user.phoneNumber)]
  const identifiers = [...codes, emailChangeOf(userId), ...retired]
  await sql.deleteMany({ model: 'verification', where: [{ field: 'identifier', operator: 'in', value: identifiers }] })
}

/** Whether a user has asked for a change to this email address. */
export async function hasEmailChange(sql: DBTransactionAdapter, userId: string, email: string): Promise<boolean> {
  return (await sql.count({ model: 'verification', where: whereEmailChange(userId, email) })) > 0
}

/** Uses up the change to this email address that a user has asked for. Returns whether there was one. */
export async function takeEmailChange(sql: DBTransactionAdapter, userId: string, email: string): Promise<boolean> {
  return (await sql.deleteMany({ model: 'verification', where: whereEmailChange(userId, email) })) > 0
}

function whereEmailChange(userId: string, email: string): Where[] {
  return [
    { field: 'identifier', value: emailChangeOf(userId) },
    { field: 'value', value: email },
  ]
}

/** Deletes all links of a user's mails about new devices. Throws what the database fails with. */
export async function deleteSecureAccountLinks(sql: DBTransactionAdapter, userId: string): Promise<void> {
  await sql.deleteMany({ model: 'verification', where: [{ field: 'value', value: secureAccountValue(userId) }] })
}

/** The row with the hash of the password that "This wasn’t me" took away. */
export const retiredPasswordOf = (userId: string): string => `retired-password:${userId}`

/** The row of a new email address that is not confirmed yet. */
export const emailChangeOf = (userId: string): string => `email-change:${userId}`

const SECURES_ACCOUNT = 'secure-account:'

/** The row behind a link that secures an account. */
export const secureAccountIdentifier = (token: string): string => `${SECURES_ACCOUNT}${token}`

/** The row by which such a link, once used, sends the mail again. */
export const securedIdentifier = (token: string): string => `secured-account:${token}`

/** The value of the row behind a link that secures the account of this user. */
export const secureAccountValue = (userId: string): string => `${SECURES_ACCOUNT}${userId}`

/** The user of such a row; `null` for a row of another kind. */
export function userIdInSecureAccountValue(value: string): string | null {
  return value.startsWith(SECURES_ACCOUNT) ? value.slice(SECURES_ACCOUNT.length) : null
}

const withDate = z.object({ createdAt: z.date() })
const contacts = z.object({ email: z.string(), phoneNumber: z.string().nullish() })

/** Identifiers of the plugin emailOTP; its rows do not name their user. */
function emailCodes(email: string): string[] {
  return ['sign-in', 'email-verification', 'forget-password'].map((type) => `${type}-otp-${email}`)
}

/** Identifiers of the plugin phoneNumber. */
function phoneCodes(phone: string | null | undefined): string[] {
  return phone ? [phone, `phone-number-reset-${phone}`] : []
}

function hashedIdentifier(row: object): { identifier?: string } {
  return 'identifier' in row && typeof row.identifier === 'string' ? { identifier: hash(row.identifier) } : {}
}

function hashIdentifiers(where: readonly Where[]): Where[] {
  return where.map((condition) => {
    const { field, value, operator = 'eq' } = condition
    if (field !== 'identifier') return condition
    if (typeof value === 'string' && ['eq', 'ne'].includes(operator)) return { ...condition, value: hash(value) }
    if (Array.isArray(value) && ['in', 'not_in'].includes(operator))
      return { ...condition, value: value.map((one) => hash(String(one))) }
    throw new Error(`Rollcall stores verification identifiers as hashes: they cannot be looked up by ${operator}`)
  })
}

/** The prefix keeps an identifier that was stored in clear from being taken for a hash. */
function hash(identifier: string): string {
  return `sha256:${createHash('sha256').update(identifier).digest('base64url')}`
}
