import { randomBytes } from 'node:crypto'
import type { GenericEndpointContext, InternalAdapter } from '@better-auth/core'
import type { User } from 'better-auth'

/** As long as better-auth's own links work. */
const RESET_LIFE_MS = 60 * 60 * 1_000

/**
 * Asks the application to send a mail with a reset link, if people sign in with passwords. If the application rejects, it
 * rejects with the same error; the endpoint of better-auth answers success.
 */
export async function sendReset({ context, request }: GenericEndpointContext, user: User): Promise<void> {
  const { enabled, sendResetPassword } = context.options.emailAndPassword ?? {}
  if (!enabled || !sendResetPassword) return
  const token = await createResetToken(context.internalAdapter, user.id, resetLifeOf({ context }))
  await sendResetPassword({ user, url: `${context.baseURL}/reset-password/${token}?callbackURL=`, token }, request)
}

/** Milliseconds for which a reset link of this application works. */
export function resetLifeOf({ context }: Pick<GenericEndpointContext, 'context'>): number {
  const seconds = context.options.emailAndPassword?.resetPasswordTokenExpiresIn
  return seconds ? seconds * 1_000 : RESET_LIFE_MS
}

/** For better-auth's `POST /reset-password`. Default of `lifeMs`: an hour. */
export async function createResetToken(
  verifications: Pick<InternalAdapter, 'createVerificationValue'>,
  userId: string,
  lifeMs: number = RESET_LIFE_MS,
): Promise<string> {
  const token = randomBytes(24).toString('base64url')
  const expiresAt = new Date(Date.now() + lifeMs)
  await verifications.createVerificationValue({ identifier: `reset-password:${token}`, value: userId, expiresAt })
  return token
}
