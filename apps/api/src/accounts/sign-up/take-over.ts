import type { GenericEndpointContext } from '@better-auth/core'
import { getCurrentAdapter } from '@better-auth/core/context'
import { lockUser } from '../people/lock-user.js'

/**
 * Runs in the transaction that uses up a link of a mail. The link of a reset is the first proof of an email address that nobody has
 * proved yet. The maker of the account may be a stranger, so the other ways in are removed with the password.
 */
export async function takeOver(
  { value: userId, expiresAt }: { readonly value: string; readonly expiresAt: Date },
  ctx: GenericEndpointContext | null,
): Promise<void> {
  // Expired rows of anybody are deleted here as well: better-auth cleans up with each lookup.
  if (ctx?.path !== '/reset-password' || expiresAt <= new Date()) return
  const user = await lockUser(ctx.context, userId)
  if (user === null || user.emailVerified) return
  const sql = await getCurrentAdapter(ctx.context.adapter)
  const ofUser = { field: 'userId', value: userId }
  await sql.deleteMany({ model: 'passkey', where: [ofUser] })
  await sql.deleteMany({
    model: 'account',
    where: [ofUser, { field: 'providerId', operator: 'ne', value: 'credential' }],
  })
  await sql.deleteMany({ model: 'twoFactor', where: [ofUser] })
  const update = { emailVerified: true, twoFactorEnabled: false }
  await sql.update({ model: 'user', where: [{ field: 'id', value: userId }], update })
}
