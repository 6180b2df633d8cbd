import type { SecretConfig } from '@better-auth/core'
import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto'
import type { Kysely } from 'kysely'

/** The part of better-auth's table that is encrypted. */
type FactorTable = { twoFactor: { id: string; secret: string; backupCodes: string } }

const PAGE = 500

/**
 * Encrypts with the current secret what an earlier one has encrypted, so that the earlier one can be taken away. It writes to SQL
 * past the policy, because nothing changes for anybody.
 *
 * @returns how many rows no secret opens. They stay as they are, and their users need another way in.
 * @throws {Error} of the database.
 */
export async function encryptAnew(kysely: Kysely<unknown>, secrets: string | SecretConfig): Promise<number> {
  if (typeof secrets === 'string') return 0
  const tables = kysely.withTables<FactorTable>()
  const current = `$ba$${secrets.currentVersion}$`
  const renew = async (data: string): Promise<string> =>
    data.startsWith(current)
      ? data
      : symmetricEncrypt({ key: secrets, data: await symmetricDecrypt({ key: secrets, data }) })

  let unreadable = 0
  for (let last = ''; ;) {
    const rows = await tables
      .selectFrom('twoFactor')
      .select(['id', 'secret', 'backupCodes'])
      .where('id', '>', last)
      .where((where) =>
        where.or([where('secret', 'not like', `${current}%`), where('backupCodes', 'not like', `${current}%`)]),
      )
      .orderBy('id')
      .limit(PAGE)
      .execute()
    for (const { id, ...old } of rows) {
      const renewed = await Promise.all([renew(old.secret), renew(old.backupCodes)]).catch(() => null)
      if (renewed === null) unreadable += 1
      // Only where the old values stand: a code may be used up meanwhile.
      else
        await tables
          .updateTable('twoFactor')
          .set({ secret: renewed[0], backupCodes: renewed[1] })
          .where('id', '=', id)
          .where('secret', '=', old.secret)
          .where('backupCodes', '=', old.backupCodes)
          .execute()
    }
    const end = rows.at(-1)
    if (end === undefined || rows.length < PAGE) return unreadable
    last = end.id
  }
}
