import { type Audit, proveAgain, type Secrets } from '@rollcall/auth'
import type { SessionStore } from '@rollcall/session-store'
import type { AuthContext } from '@better-auth/core'
import type { BetterAuthPlugin } from 'better-auth'
import { APIError, createAuthEndpoint, createAuthMiddleware, sensitiveSessionMiddleware } from 'better-auth/api'
import { z } from 'zod'
import type { AccountMails } from '../prepared-mails.js'
import { findCode } from './codes.js'
import { proofMethodsFor } from './proof-methods.js'

interface Options {
  readonly store: SessionStore
  readonly audit: Audit
  readonly secrets: Secrets
  /** Ids of the providers that can prove who somebody is. */
  readonly providers: ReadonlySet<string>
  readonly mails: Pick<AccountMails, 'requestProofCode'>
}

const codeBody = z.object({ code: z.string().max(32) })

/**
 * `POST /reauthenticate/request-code` mails a code, and `POST /reauthenticate/code { code }` takes it as a proof. Only an account that
 * can prove it in no other way gets one: a mailbox is worth less than any of them.
 */
export function mailedCodes({ store, audit, secrets, providers, mails }: Options) {
  const requireNothingElse = async (context: AuthContext, user: { readonly id: string }): Promise<void> => {
    const [method] = await proofMethodsFor(context, user, providers)
    if (method?.kind !== 'email-code')
      throw new APIError('BAD_REQUEST', { code: 'OTHER_PROOF', message: 'The account has another way to prove it' })
  }

  return {
    id: 'mailed-codes',

    endpoints: {
      requestProofCode: createAuthEndpoint(
        '/reauthenticate/request-code',
        { method: 'POST', use: [sensitiveSessionMiddleware] },
        async (ctx) => {
          const { session, user } = ctx.context.session
          await requireNothingElse(ctx.context, user)
          await mails.requestProofCode({ userId: user.id, sessionId: session.id })
          return ctx.json({ status: true })
        },
      ),

      proveByMailedCode: createAuthEndpoint(
        '/reauthenticate/code',
        { method: 'POST', body: codeBody, use: [sensitiveSessionMiddleware] },
        async (ctx) => {
          const { session, user } = ctx.context.session
          await requireNothingElse(ctx.context, user)
          const asking = { userId: user.id, sessionId: session.id }
          const found = await findCode(ctx.context, secrets, asking, ctx.body.code.replaceAll(/\s/g, ''))
          if (found === null) throw new APIError('BAD_REQUEST', { code: 'INVALID_CODE', message: 'Invalid code' })
          await proveAgain(store, audit, { id: session.id, userId: user.id, token: session.token })
          // Last: an outage before it leaves the code good. After one here, the browser must still get the cookie of its session, whose
          // earlier secret is dead. The code then works on, for this session alone, until it expires.
          await ctx.context.internalAdapter.consumeVerificationValue(found.identifier).catch(() => undefined)
          return ctx.json({ status: true })
        },
      ),
    },

    hooks: {
      after: [
        {
          matcher: ({ path }) => path === '/reauthenticate/methods',
          handler: createAuthMiddleware(async (ctx) => {
            const user = ctx.context.session?.user
            if (user) return ctx.json({ methods: await proofMethodsFor(ctx.context, user, providers) })
            return undefined // refused
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin
}
