import type { DBTransactionAdapter } from '@better-auth/core/db/adapter'
import { additionsSince, firstSignInFrom } from '@rollcall/auth'
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
  const found: RecentAddition[] = []
  for (const { model, id } of rows) {
    const where = [
      { field: 'id', value: id },
      { field: 'userId', value: userId },
    ]
    if (model === 'passkey') {
      const row = await adapter.findOne<{ name?: string | null }>({ model, where })
      if (row !== null) found.push({ kind: 'passkey', name: row.name ?? null })
    }
    if (model === 'account') {
      const row = await adapter.findOne<{ providerId: string }>({ model, where })
      const provider = row && providers.find((one) => one.id === row.providerId)
      if (row !== null && row.providerId !== 'credential')
        found.push({ kind: 'provider', name: provider?.name ?? row.providerId })
    }
  }
  const isOn =
    secondFactor && (await adapter.count({ model: 'twoFactor', where: [{ field: 'userId', value: userId }] })) > 0
  return isOn ? [...found, { kind: 'second-factor' }] : found
}
