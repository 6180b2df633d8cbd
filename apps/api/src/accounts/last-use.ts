import type { GenericEndpointContext } from '@better-auth/core'
import { z } from 'zod'
import type { Database } from './database/database.js'

/** A field of `account` and `passkey`: the last sign-in or proof by this way in. */
export const lastUse = { lastUsedAt: { type: 'date', required: false, input: false, returned: false } } as const

/** Endpoints that take a password, or the code without which a password does not sign in. */
const passwords = new Set([
  '/sign-up/email',
  '/sign-up/finish',
  '/sign-in/email',
  '/reauthenticate',
  '/two-factor/verify-totp',
  '/two-factor/verify-backup-code',
])

const ofPasskey = z.object({ response: z.object({ id: z.string() }) })
const ofProvider = z.object({ providerId: z.string() })

/** A type, not an interface: Kysely wants an indexable one. */
type Uses = {
  account: { userId: string; providerId: string; lastUsedAt: string }
  passkey: { userId: string; credentialID: string; lastUsedAt: string }
}

/**
 * Writes down that the way in which an endpoint takes was used: it has signed the user in, or proved who they are. It goes past
 * better-auth's adapter, which would date the password as changed.
 */
export function recordUses({ kysely }: Pick<Database, 'kysely'>) {
  const sql = kysely.withTables<Uses>()
  return async (ctx: GenericEndpointContext, userId: string): Promise<void> => {
    const used = wayInOf(ctx)
    if (used === null) return
    const use = { lastUsedAt: new Date().toISOString() }
    const update =
      used.model === 'passkey'
        ? sql.updateTable('passkey').set(use).where('credentialID', '=', used.id).where('userId', '=', userId).execute()
        : sql.updateTable('account').set(use).where('providerId', '=', used.id).where('userId', '=', userId).execute()
    await update.catch(() => ctx.context.logger.error('The last use of a way in could not be written down'))
  }
}

function wayInOf({ path, body, params, context }: GenericEndpointContext): { model: keyof Uses; id: string } | null {
  if (path === '/passkey/verify-authentication') return { model: 'passkey', id: ofPasskey.parse(body).response.id }
  const provider = ofProvider.safeParse(params).data?.providerId ?? (passwords.has(path) ? 'credential' : null)
  // In a session, a code is a proof of its own.
  if (provider === null || (path.startsWith('/two-factor/') && context.session !== null)) return null
  return { model: 'account', id: provider }
}
