import { openDatabase } from '../src/accounts/database/database.js'

/** At a time: SQLite takes a bounded number of values in one statement. */
const ROWS = 100

/** Adds users without a password to the tables of a server that has started. A session of nobody is refused. */
export async function addUsers(dataDir: string, ids: Iterable<string>): Promise<void> {
  const database = openDatabase({ dataDir })
  try {
    const db = database.kysely.withTables<{ user: UserRow }>()
    const now = new Date().toISOString()
    const rows = Array.from(new Set(ids), (id) => ({ id, name: id, email: `${id.replaceAll(' ', '-')}@example.org` }))
    for (let n = 0; n < rows.length; n += ROWS)
      await db
        .insertInto('user')
        .values(rows.slice(n, n + ROWS).map((row) => ({ ...row, emailVerified: 0, createdAt: now, updatedAt: now })))
        .execute()
  } finally {
    await database.close()
  }
}

interface UserRow {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly emailVerified: number
  readonly createdAt: string
  readonly updatedAt: string
}
