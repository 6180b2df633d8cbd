import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/accounts/database/database.js'
import { unknownUsers } from '../../src/accounts/people/users.js'
import { temporaryFolder } from '../temporary-folder.js'

test('of many ids, those that SQL does not know are found', async () => {
  await using folder = await temporaryFolder('users')
  const database = openDatabase({ dataDir: folder.path })
  const { kysely } = database
  const ids = Array.from({ length: 1_001 }, (_, n) => `user-${n}`)
  await sql`create table "user" (id text primary key)`.execute(kysely)
  await sql`insert into "user" (id) values ${sql.join(ids.map((id) => sql`(${id})`))}`.execute(kysely)
  expect(await unknownUsers(ids, kysely)).toEqual([])
  expect(await unknownUsers([], kysely)).toEqual([])
  for (const at of [0, 500, 1_001])
    expect(await unknownUsers([...ids.slice(0, at), 'eve', ...ids.slice(at), 'mallory'], kysely)).toEqual([
      'eve',
      'mallory',
    ])
  await database.close()
})
