import type { GenericEndpointContext } from '@better-auth/core'
import type { Where } from '@better-auth/core/db/adapter'
import { z } from 'zod'

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

/** Writes down that the way in which the endpoint takes was used: it has signed the user in, or proved who they are. */
export async function recordUse(ctx: GenericEndpointContext, userId: string): Promise<void> {
  const used = wayInOf(ctx)
  if (used === null) return
  const { adapter, logger } = ctx.context
  const where = [used.row, { field: 'userId', value: userId }]
  await adapter.updateMany({ model: used.model, where, update: { lastUsedAt: new Date() } }).catch(() => {
    logger.error('The last use of a way in could not be written down')
  })
}

function wayInOf({ path, body, params, context }: GenericEndpointContext): { model: string; row: Where } | null {
  if (path === '/passkey/verify-authentication')
    return { model: 'passkey', row: { field: 'credentialID', value: ofPasskey.parse(body).response.id } }
  const provider = ofProvider.safeParse(params).data?.providerId ?? (passwords.has(path) ? 'credential' : null)
  // In a session, a code is a proof of its own.
  if (provider === null || (path.startsWith('/two-factor/') && context.session !== null)) return null
  return { model: 'account', row: { field: 'providerId', value: provider } }
}
