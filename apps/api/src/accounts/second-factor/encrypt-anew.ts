import type { SecretConfig } from '@better-auth/core'
import { symmetricDecrypt, symmetricEncrypt } from 'better-auth/crypto'
import type { Kysely } from 'kysely'

/** The part of better-auth's table that is encrypted. */
type FactorTable = { twoFactor: { id: string; userId: string; secret: string; backupCodes: string } }

const PAGE = 500
/** Users that a line of the log names at most. */
const MAX_NAMED = 100

/** For a server, at its start and then again and again: `encryptAnew`, with a line for the log if it leaves something. */
export async function renewSecondFactors(
  kysely: Kysely<unknown>,
  secrets: string | SecretConfig,
  warn: (line: string) => void,
): Promise<void> {
  const unreadable = await encryptAnew(kysely, secrets)
  if (unreadable.length > 0)
    warn(
      `None of the secrets decrypts ${unreadable.length} second factors: ${unreadable.slice(0, MAX_NAMED).join(', ')}`,
    )
}

/**
 * Encrypts with the current secret what an earlier one has encrypted, so that the earlier one can be taken away. It writes to SQL
 * past the policy, because nothing changes for anybody.
 *
 * @returns The users with a row that no secret opens, or not all of it. That part stays as it is; they need another way in.
 * @throws {Error} of the database.
 */
export async function encryptAnew(kysely: Kysely<unknown>, secrets: string | SecretConfig): Promise<string[]> {
  if (typeof secrets === 'string') return []
  const tables = kysely.withTables<FactorTable>()
  const current = `$ba$${secrets.currentVersion}$`
  const renew = async (data: string): Promise<string | null> => {
    if (data.startsWith(current)) return data
    const plain = await symmetricDecrypt({ key: secrets, data }).catch(() => null)
    return plain === null ? null : symmetricEncrypt({ key: secrets, data: plain })
  }

  const unreadable: string[] = []
  for (let last = ''; ;) {
    const rows = await tables
      .selectFrom('twoFactor')
      .select(['id', 'userId', 'secret', 'backupCodes'])
      .where('id', '>', last)
      .where((where) =>
        where.or([where('secret', 'not like', `${current}%`), where('backupCodes', 'not like', `${current}%`)]),
      )
      .orderBy('id')
      .limit(PAGE)
      .execute()
    for (const { id, userId, ...old } of rows) {
      const [secret, backupCodes] = await Promise.all([renew(old.secret), renew(old.backupCodes)])
      if (secret === null || backupCodes === null) unreadable.push(userId)
      // Only where the old values stand: a code may be used up meanwhile.
      await tables
        .updateTable('twoFactor')
        .set({ secret: secret ?? old.secret, backupCodes: backupCodes ?? old.backupCodes })
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
