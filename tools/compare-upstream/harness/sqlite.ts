// `node:sqlite` for Node 20, which has none.
import Database from 'libsql'
import { vi } from 'vitest'

function DatabaseSync(path: string) {
  // better-auth takes anything with a property `db` for options.
  return new Proxy(new Database(path), { has: (database, name) => name !== 'db' && name in database })
}

vi.mock('node:sqlite', () => ({ DatabaseSync }))
