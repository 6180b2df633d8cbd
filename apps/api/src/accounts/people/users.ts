import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/database.js'
import { foldName } from './search-names.js'

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

/** An email address has at most one user. The case of its letters does not count. */
export async function findUserIds(kysely: Kysely<unknown>, email: string): Promise<string[]> {
  const rows = await kysely
    .withTables<UserTable>()
    .selectFrom('user')
    .select('id')
    .where('email', '=', email.toLowerCase())
    .execute()
  return rows.map(({ id }) => id)
}

/** @throws {UnknownUserError} for the first one that {@link lookUpUsers} does not know, and what the database fails with. */
export async function userIdsOf(named: readonly string[], kysely: Kysely<unknown>): Promise<string[]> {
  const { ids, unknown } = await lookUpUsers(named, kysely)
  if (unknown[0] !== undefined) throw new UnknownUserError(unknown[0])
  return ids
}

/**
 * The ids of users that are named by email address or by id, and the addresses that nobody has. An id is taken as it is: its user may
 * be deleted. An application may have ids that look like addresses; then the address of somebody comes first.
 */
export async function lookUpUsers(
  named: readonly string[],
  kysely: Kysely<unknown>,
): Promise<{ ids: string[]; unknown: string[] }> {
  const ids = new Set<string>()
  const unknown: string[] = []
  for (const name of named) {
    const found = name.includes('@') ? await findByAddressOrId(kysely, name) : [name]
    if (found.length === 0) unknown.push(name)
    for (const id of found) ids.add(id)
  }
  return { ids: [...ids], unknown }
}

async function findByAddressOrId(kysely: Kysely<unknown>, name: string): Promise<string[]> {
  const found = await findUserIds(kysely, name)
  if (found.length > 0) return found
  return (await unknownUsers([name], kysely)).length === 0 ? [name] : []
}

/** The ids that SQL does not know, such as mistyped ones, in their order. */
export async function unknownUsers(ids: readonly string[], kysely: Kysely<unknown>): Promise<string[]> {
  const users = kysely.withTables<UserTable>().selectFrom('user').select('id')
  const unknown: string[] = []
  for (let at = 0; at < ids.length; at += PAGE) {
    const some = ids.slice(at, at + PAGE)
    const known = new Set((await users.where('id', 'in', some).execute()).map(({ id }) => id))
    unknown.push(...some.filter((id) => !known.has(id)))
  }
  return unknown
}

/**
 * The ids of users with this id, or with this text in the name or the email address, in the order of the latter. Case does not
 * count, except in a name that an earlier version has written a moment ago: there, only in ASCII.
 */
export async function searchUsers(kysely: Kysely<unknown>, text: string, limit: number): Promise<string[]> {
  const pattern = patternOf(text.toLowerCase())
  const { rows } = await sql<{ id: string }>`
    select id from "user"
    where id = ${text} or lower(email) like ${pattern} escape '\\'
      or "searchName" like ${patternOf(foldName(text))} escape '\\' or lower(name) like ${pattern} escape '\\'
    order by email limit ${limit}`.execute(kysely)
  return rows.map(({ id }) => id)
}

function patternOf(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
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
