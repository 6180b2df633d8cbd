import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/accounts/database.js'
import { requireUsers, UnknownUserError } from '../../src/accounts/users.js'
import { temporaryFolder } from '../temporary-folder.js'

test('of many ids, the first that SQL does not know is refused by its name', async () => {
  await using folder = await temporaryFolder('users')
  const database = openDatabase({ dataDir: folder.path })
  const { kysely } = database
  const ids = Array.from({ length: 1_001 }, (_, n) => `user-${n}`)
  await sql`create table "user" (id text primary key)`.execute(kysely)
  await sql`insert into "user" (id) values ${sql.join(ids.map((id) => sql`(${id})`))}`.execute(kysely)
  await requireUsers(ids, kysely)
  await requireUsers([], kysely)
  const unknown = new UnknownUserError('eve')
  for (const at of [0, 500, 1_001])
    await expect(requireUsers([...ids.slice(0, at), 'eve', ...ids.slice(at), 'mallory'], kysely)).rejects.toEqual(
      unknown,
    )
  await database.close()
})
