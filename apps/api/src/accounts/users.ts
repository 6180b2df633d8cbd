import type { Kysely } from 'kysely'

/** The part of better-auth's tables that names a user. */
type UserTable = { user: { id: string; email: string } }

/** A mail address has at most one user; the case of its letters does not count. */
export async function findUserIds(kysely: Kysely<unknown>, email: string): Promise<string[]> {
  const rows = await kysely
    .withTables<UserTable>()
    .selectFrom('user')
    .select('id')
    .where('email', '=', email.toLowerCase())
    .execute()
  return rows.map(({ id }) => id)
}

const PAGE = 500

/** The id of every user, in pages. */
export async function* listUsers(kysely: Kysely<unknown>): AsyncGenerator<string, void> {
  let last = ''
  for (;;) {
    const rows = await kysely
      .withTables<UserTable>()
      .selectFrom('user')
      .select('id')
      .where('id', '>', last)
      .orderBy('id')
      .limit(PAGE)
      .execute()
    for (const { id } of rows) yield id
    if (rows.length < PAGE) return
    last = rows.at(-1)?.id ?? last
  }
}
