import type { DBTransactionAdapter } from '@better-auth/core/db/adapter'
import { additionsSince, EVERY_ROW, firstSignInFrom } from '@rollcall/auth'
import type { ProviderSettings } from '../../settings/providers.js'

/** A way in that "This wasn’t me" takes away, because it was added since the sign-in in question. */
export type RecentAddition =
  | { readonly kind: 'passkey'; readonly name: string | null }
  | { readonly kind: 'provider'; readonly name: string }
  | { readonly kind: 'second-factor' }

/** The ways in that were added to an account since the first sign-in from a device, and are still there. */
export async function findRecentAdditions(
  adapter: DBTransactionAdapter,
  providers: readonly Pick<ProviderSettings, 'id' | 'name'>[],
  { userId, deviceId }: { readonly userId: string; readonly deviceId: string },
): Promise<RecentAddition[]> {
  const since = await firstSignInFrom(adapter, deviceId)
  if (since === null) return []
  const { rows, secondFactor } = await additionsSince(adapter, userId, since)
  const ofUser = { field: 'userId', value: userId }

  async function findAdded<Row>(model: string): Promise<Row[]> {
    const ids = rows.filter((row) => row.model === model).map(({ id }) => id)
    if (ids.length === 0) return []
    return adapter.findMany<Row>({
      model,
      where: [ofUser, { field: 'id', operator: 'in', value: ids }],
      limit: EVERY_ROW,
    })
  }

  const passkeys = await findAdded<{ name?: string | null }>('passkey')
  const accounts = await findAdded<{ providerId: string }>('account')
  const isOn = secondFactor && (await adapter.count({ model: 'twoFactor', where: [ofUser] })) > 0
  return [
    ...passkeys.map(({ name = null }) => ({ kind: 'passkey', name }) as const),
    ...accounts
      .filter(({ providerId }) => providerId !== 'credential')
      .map(({ providerId }) => {
        const name = providers.find(({ id }) => id === providerId)?.name ?? providerId
        return { kind: 'provider', name } as const
      }),
    ...(isOn ? [{ kind: 'second-factor' } as const] : []),
  ]
}
