import { type Kysely, sql } from 'kysely'
import type { Database } from './database.js'

/** The part of better-auth's tables that names a user. */
type UserTable = { user: { id: string; email: string; createdAt: string | Date } }

/** Users whom one statement reads. */
const PAGE = 500

/** Nobody has that email address or id. */
export class UnknownUserError extends Error {
  override readonly name = 'UnknownUserError'

  constructor(named: string) {
    super(`There is no user ${named}`)
  }
}

/** An email address has at most one user; the case of its letters does not count. */
export async function findUserIds(kysely: Kysely<unknown>, email: string): Promise<string[]> {
  const rows = await kysely
    .withTables<UserTable>()
    .selectFrom('user')
    .select('id')
    .where('email', '=', email.toLowerCase())
    .execute()
  return rows.map(({ id }) => id)
}

/**
 * The ids of users that are named by email address or by id. An id is taken as it is: its user may be deleted.
 *
 * @throws {UnknownUserError} and what the database fails with.
 */
export async function userIdsOf(named: readonly string[], kysely: Kysely<unknown>): Promise<string[]> {
  const ids = new Set<string>()
  for (const name of named) {
    if (!name.includes('@')) {
      ids.add(name)
      continue
    }
    const found = await findUserIds(kysely, name)
    if (found.length === 0) throw new UnknownUserError(name)
    for (const id of found) ids.add(id)
  }
  return [...ids]
}

/**
 * Refuses ids that SQL does not know, such as a mistyped one.
 *
 * @throws {UnknownUserError} for the first of them, and what the database fails with.
 */
export async function requireUsers(ids: readonly string[], kysely: Kysely<unknown>): Promise<void> {
  const users = kysely.withTables<UserTable>().selectFrom('user').select('id')
  for (let at = 0; at < ids.length; at += PAGE) {
    const some = ids.slice(at, at + PAGE)
    const known = new Set((await users.where('id', 'in', some).execute()).map(({ id }) => id))
    const unknown = some.find((id) => !known.has(id))
    if (unknown !== undefined) throw new UnknownUserError(unknown)
  }
}

/** The ids of users with this id, or with this text in the name or the email address, in the order of the latter. */
export async function searchUsers(kysely: Kysely<unknown>, text: string, limit: number): Promise<string[]> {
  const pattern = `%${text.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
  const { rows } = await sql<{ id: string }>`
    select id from "user"
    where id = ${text} or lower(email) like ${pattern} escape '\\' or lower(name) like ${pattern} escape '\\'
    order by email limit ${limit}`.execute(kysely)
  return rows.map(({ id }) => id)
}

/** The id of every user whose account was created by a time, in pages. */
export async function* listUsers(
  { kysely, type }: Pick<Database, 'kysely' | 'type'>,
  createdBy: Date,
): AsyncGenerator<string, void> {
  const latest = type === 'sqlite' ? createdBy.toISOString() : createdBy
  let last = ''
  for (;;) {
    const rows = await kysely
      .withTables<UserTable>()
      .selectFrom('user')
      .select('id')
      .where('id', '>', last)
      .where('createdAt', '<=', latest)
      .orderBy('id')
      .limit(PAGE)
      .execute()
    for (const { id } of rows) yield id
    if (rows.length < PAGE) return
    last = rows.at(-1)?.id ?? last
  }
}
