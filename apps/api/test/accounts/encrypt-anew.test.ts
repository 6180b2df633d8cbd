import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openDatabase } from '../../src/accounts/database/database.js'
import { encryptAnew } from '../../src/accounts/second-factor/encrypt-anew.js'
import { temporaryFolder } from '../temporary-folder.js'

interface Row {
  readonly id: string
  readonly userId: string
  readonly secret: string
  readonly backupCodes: string
}

const keyOf = (version: number) => ({ keys: new Map([[version, `secret ${version}`]]), currentVersion: version })
const [current, earlier, lost] = [keyOf(1), keyOf(2), keyOf(3)]
const secrets = { keys: new Map([...current.keys, ...earlier.keys]), currentVersion: 1 }
const by = (key: typeof current, data: string) => symmetricEncrypt({ key, data })

test('what no secret opens stays, and keeps neither other rows nor the other half of its row from being renewed', async () => {
  await using folder = await temporaryFolder('encrypt')
  const { kysely, close } = openDatabase({ dataDir: folder.path })
  const ids = Array.from({ length: 502 }, (_, n) => String(n).padStart(3, '0')) // more than a page
  const [good, half, unreadable, broken] = [await by(earlier, 'a'), await by(earlier, 'b'), await by(lost, 'c'), 'd']
  const rows = ids.map((id): Row => ({ id, userId: `user-${id}`, secret: good, backupCodes: good }))
  rows[0] = { id: '000', userId: 'ada', secret: unreadable, backupCodes: unreadable }
  rows[1] = { id: '001', userId: 'bob', secret: half, backupCodes: broken }
  rows[2] = { id: '002', userId: 'eve', secret: await by(current, 'e'), backupCodes: unreadable }
  const tables = kysely.withTables<{ twoFactor: Row }>()
  try {
    await sql`create table "twoFactor" (id text primary key, "userId" text, secret text, "backupCodes" text)`.execute(
      kysely,
    )
    for (let from = 0; from < rows.length; from += 300)
      await tables
        .insertInto('twoFactor')
        .values(rows.slice(from, from + 300))
        .execute()

    expect(await encryptAnew(kysely, secrets)).toEqual(['ada', 'bob', 'eve'])
    const after = await tables.selectFrom('twoFactor').selectAll().orderBy('id').execute()
    expect(after[0]).toEqual(rows[0])
    expect(after[2]).toEqual(rows[2])
    expect(after[1]?.backupCodes).toBe(broken)
    expect(await symmetricDecrypt({ key: current, data: after[1]?.secret ?? '' })).toBe('b')
    for (const { secret, backupCodes } of after.slice(3))
      expect([secret, backupCodes].every((data) => data.startsWith('$ba$1$'))).toBe(true)
    expect(await symmetricDecrypt({ key: current, data: after.at(-1)?.backupCodes ?? '' })).toBe('a')
    expect(await encryptAnew(kysely, secrets), 'again').toEqual(['ada', 'bob', 'eve'])
  } finally {
    await close()
  }
})
