import type { BetterAuthPlugin } from 'better-auth'
import { createAuthEndpoint } from 'better-auth/api'
import { z } from 'zod'
import { languageInput } from '../people/language.js'
import { newEmail } from '../people/names.js'
import { type ReturnPath, returnPath } from '../return-path.js'
import { finishSignUp } from './finish.js'
import { takeOver } from './take-over.js'

/**
 * Called with every email address that somebody wants to sign up with, and with the page that they want to see then. It resolves once a
 * mail to it is safe in the queue.
 */
export type RequestSignUp = (email: string, language: string, returnTo: ReturnPath) => Promise<void>

const requestBody = z.object({
  email: newEmail,
  language: languageInput.default('en'),
  returnTo: returnPath.default('/'),
})

/**
 * A sign-up in two steps: a link to the address, and then the account. Until somebody has followed the link, nothing exists but the
 * mail and the link. ADR 59 gives the reasons. A reset proves the address of an account that was made before.
 *
 * Without `requestSignUp`, a sign-up signs in at once, and these endpoints are closed but for the policy.
 */
export function signUps(requestSignUp: RequestSignUp | undefined) {
  return {
    id: 'sign-ups',

    init: () => ({
      options: requestSignUp && { databaseHooks: { verification: { delete: { before: takeOver } } } },
    }),

    endpoints: {
      signUpPolicy: createAuthEndpoint('/sign-up/policy', { method: 'GET' }, async (ctx) =>
        ctx.json({ confirmsAddress: requestSignUp !== undefined }),
      ),

      /** Asks nothing about the address: the account is looked up when the mail is sent. */
      requestSignUp: createAuthEndpoint('/sign-up/request', { method: 'POST', body: requestBody }, async (ctx) => {
        const { email, language, returnTo } = ctx.body
        await requestSignUp?.(email, language, returnTo)
        return ctx.json({ status: true })
      }),

      finishSignUp: finishSignUp(),
    },
  } satisfies BetterAuthPlugin
}
