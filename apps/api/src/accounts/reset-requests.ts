import type { BetterAuthPlugin } from 'better-auth'
import { APIError, createAuthMiddleware } from 'better-auth/api'
import { z } from 'zod'
import { MAX_EMAIL } from './people/names.js'

const body = z.object({ email: z.email().max(MAX_EMAIL) })

/**
 * Replaces better-auth's endpoint, which looks the account up and makes a link before it answers, so its time reveals accounts.
 * This one does the same for every email address. The account is looked up when the mail is sent.
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
            if (error)
              throw new APIError('BAD_REQUEST', { code: 'VALIDATION_ERROR', message: 'Enter a valid email address' })
            await requestReset(data.email.toLowerCase())
            return { status: true, message: 'If this email exists in our system, check your email for the reset link' }
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin
}
