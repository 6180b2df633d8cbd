import type { DBAdapter } from '@better-auth/core/db/adapter'
import { EVERY_ROW } from '@rollcall/auth'
import type { ProviderSettings } from '../../settings/providers.js'

/** An account of a provider that is linked. */
export interface LinkedProvider {
  readonly id: string
  readonly provider: string
  /** As people read it; the id of a provider that is not configured any more. */
  readonly name: string
  /** Whether it can confirm again who the person is. */
  readonly canProve: boolean
  readonly createdAt: Date
  readonly lastUsedAt: Date
}

interface Row {
  readonly id: string
  readonly providerId: string
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly lastUsedAt: Date | null
}

/** Whether a provider can check its user again, and say so: GitHub speaks no OpenID Connect. */
export function canProve({ protocol }: Pick<ProviderSettings, 'protocol'>): boolean {
  return protocol === 'oidc'
}

/** The accounts of providers that users have linked. Each operation fails with what the database fails with. */
export function providersOf(adapter: Pick<DBAdapter, 'findMany'>, settings: readonly ProviderSettings[]) {
  return {
    /** The oldest first. */
    async listLinked(userId: string): Promise<LinkedProvider[]> {
      const rows = await adapter.findMany<Row>({
        model: 'account',
        where: [{ field: 'userId', value: userId }],
        sortBy: { field: 'createdAt', direction: 'asc' },
        limit: EVERY_ROW,
      })
      return rows
        .filter(({ providerId }) => providerId !== 'credential')
        .map(({ id, providerId, createdAt, updatedAt, lastUsedAt }) => {
          const known = settings.find((provider) => provider.id === providerId)
          return {
            id,
            provider: providerId,
            name: known?.name ?? providerId,
            canProve: known !== undefined && canProve(known),
            createdAt,
            lastUsedAt: lastUsedAt ?? updatedAt, // of an earlier version, or never used since it was linked
          }
        })
    },

    /** The providers that people can sign in with. */
    available: settings.map(({ id, name }) => ({ id, name })),
  }
}

export type Providers = ReturnType<typeof providersOf>
