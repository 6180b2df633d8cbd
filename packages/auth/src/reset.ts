import { randomBytes } from 'node:crypto'
import type { GenericEndpointContext, InternalAdapter } from '@better-auth/core'
import type { BetterAuthPlugin, User } from 'better-auth'
import { APIError, createAuthMiddleware } from 'better-auth/api'
import { z } from 'zod'

/** In milliseconds. */
export const RESET_LIFE_MS = 60 * 60 * 1_000

/** No address is longer: RFC 5321, 4.5.3.1.3. */
const MAX_EMAIL = 254

const body = z.object({ email: z.email().max(MAX_EMAIL) })

/**
 * Takes the place of better-auth's endpoint, which looks the account up and makes a link before it answers: its time tells
 * accounts apart. Here the same is done for every address; whether it has an account turns out when the mail is sent.
 */
export function resetRequests(requestReset: (email: string) => Promise<void>) {
  return {
    id: 'reset-requests',
    hooks: {
      before: [
        {
          matcher: ({ path }) => path === '/request-password-reset',
          handler: createAuthMiddleware(async (ctx) => {
            const { data, error } = body.safeParse(ctx.body)
            if (error) throw new APIError('BAD_REQUEST', { code: 'VALIDATION_ERROR', message: 'Enter a valid e-mail address' })
            await requestReset(data.email.toLowerCase())
            return { status: true, message: 'If this email exists in our system, check your email for the reset link' }
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin
}

/**
 * Asks the application to send a mail with a reset link, if people sign in with passwords. better-auth's own endpoint answers
 * success although the application rejects; this function rejects with the same error.
 */
export async function sendReset({ context, request }: GenericEndpointContext, user: User): Promise<void> {
  const { enabled, sendResetPassword, resetPasswordTokenExpiresIn } = context.options.emailAndPassword ?? {}
  if (!enabled || !sendResetPassword) return
  const token = await createResetToken(context.internalAdapter, user.id, resetPasswordTokenExpiresIn && resetPasswordTokenExpiresIn * 1_000)
  await sendResetPassword({ user, url: `${context.baseURL}/reset-password/${token}?callbackURL=`, token }, request)
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
