import type { BetterAuthOptions } from 'better-auth'
import { defineRequestState } from '@better-auth/core/context'

/** How long a device needs no code after it has given one: 30 days. */
export const TRUST_SECONDS = 30 * 24 * 60 * 60

const TRUST = 'trust-device-'

type VerificationHooks = NonNullable<NonNullable<BetterAuthOptions['databaseHooks']>['verification']>

/** When the trust ends that this request renews. */
const renewal = defineRequestState((): { expiresAt: Date | null } => ({ expiresAt: null }))

/**
 * better-auth replaces the row of a trusted device at each sign-in, for another 30 days. So a device that signs in every month
 * would never be asked again. The new row ends with the old one here.
 */
export function boundTrust(): VerificationHooks {
  return {
    delete: {
      before: async (row, ctx) => {
        if (ctx?.path?.startsWith('/sign-in/')) (await renewal.get()).expiresAt = row.expiresAt
      },
    },
    create: {
      before: async (row, ctx) => {
        if (!ctx?.path?.startsWith('/sign-in/') || !row.identifier.startsWith(TRUST)) return undefined
        const { expiresAt } = await renewal.get()
        return expiresAt === null ? undefined : { data: { ...row, expiresAt } }
      },
    },
  }
}
