import { type Kysely, sql } from 'kysely'
import type { Database } from '../database/database.js'

/**
 * A name in the form that a search compares: `É` and `é`, `ẞ`, `ß` and `ss`, or a letter with its mark apart, are alike. In SQL,
 * `lower` knows only ASCII on SQLite, and depends on the locale of the database on PostgreSQL.
 */
export function foldName(name: string): string {
  // Upper case has one form of ß and of the Greek sigma. Lower case first, since only that turns ẞ into ß.
  return name.normalize('NFKC').toLowerCase().toUpperCase().normalize('NFC')
}

/** A column of `user`: its name in that form. `null` until it is written. */
export const searchFields = {
  searchName: { type: 'string', required: false, input: false, returned: false },
} as const

/** Hooks of better-auth, which write it with each name. */
export const searchHooks = {
  create: { before: async ({ name }: { readonly name: string }) => ({ data: { searchName: foldName(name) } }) },
  update: {
    before: async ({ name }: { readonly name?: string | undefined }) =>
      name === undefined ? undefined : { data: { searchName: foldName(name) } },
  },
}

/** A type, not an interface: Kysely wants an indexable one. */
type UserTable = { user: { id: string; name: string; searchName: string | null } }

/** Users whom one transaction changes. */
const PAGE = 200

/** So that those without it are found at once, also when there are none. */
export async function createSearchIndex(db: Kysely<unknown>): Promise<void> {
  const unfolded = db.schema.createIndex('user_without_searchName').ifNotExists().on('user').column('id')
  await unfolded.where(sql.ref('searchName'), 'is', null).execute()
}

/** Writes it for names from an earlier version. Ends early if the signal aborts. */
export async function foldOldNames({ kysely }: Pick<Database, 'kysely'>, signal: AbortSignal): Promise<void> {
  const tables = kysely.withTables<UserTable>()
  for (let more = true; more && !signal.aborted;) {
    const rows = await tables
      .selectFrom('user')
      .select(['id', 'name'])
      .where('searchName', 'is', null)
      .limit(PAGE)
      .execute()
    await tables.transaction().execute(async (transaction) => {
      for (const { id, name } of rows)
        await transaction
          .updateTable('user')
          .set({ searchName: foldName(name) })
          .where('id', '=', id)
          .where('name', '=', name) // else it was renamed since
          .execute()
    })
    more = rows.length === PAGE
  }
}
