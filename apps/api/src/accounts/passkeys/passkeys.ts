import { getAuthenticatorName } from '@better-auth/passkey'
import type { DBAdapter } from '@better-auth/core/db/adapter'
import { EVERY_ROW } from '@rollcall/auth'

/** A passkey, as its owner sees it. */
export interface Passkey {
  readonly id: string
  /** As its owner calls it. */
  readonly name: string | null
  /** The password manager that holds it, such as `1Password`; `null` where it is not known. */
  readonly manager: string | null
  readonly createdAt: Date | null
  /** `null` for one that nobody has signed in with. */
  readonly lastUsedAt: Date | null
}

type Row = Omit<Passkey, 'manager'> & { readonly aaguid?: string | null }

/** The passkeys of users. Each operation fails with what the database fails with. */
export function passkeysOf(adapter: Pick<DBAdapter, 'findMany'>) {
  return {
    /** The oldest first. */
    async list(userId: string): Promise<Passkey[]> {
      const rows = await adapter.findMany<Row>({
        model: 'passkey',
        where: [{ field: 'userId', value: userId }],
        sortBy: { field: 'createdAt', direction: 'asc' },
        limit: EVERY_ROW,
      })
      return rows.map(({ id, name, aaguid, createdAt, lastUsedAt }) => ({
        id,
        name,
        manager: getAuthenticatorName(aaguid) ?? null,
        createdAt,
        lastUsedAt,
      }))
    },
  }
}

export type Passkeys = ReturnType<typeof passkeysOf>
