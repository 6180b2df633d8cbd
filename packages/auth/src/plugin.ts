import type { SessionStore } from '@rollcall/session-store'
import type { BetterAuthPlugin } from 'better-auth'
import { APIError, createAuthMiddleware, getIP } from 'better-auth/api'
import { setSessionCookie } from 'better-auth/cookies'
import { rollcallAdapter } from './adapter.js'
import { type Audit, noted } from './audit.js'
import { resigned, secretsOf } from './cookie.js'
import { shortest } from './ip-address.js'
import { requestState } from './request-state.js'
import { answered, unavailable } from './session-adapter.js'
import { withoutTokens } from './without-tokens.js'

export interface RollcallOptions {
  readonly store: SessionStore
  /** Told of every sign-in, sign-out and ending. It must not throw. */
  readonly audit?: Audit
}

/** They hand out tokens or ask for them; `devices.list` and its kin take their place. */
const closed = new Set([
  '/list-sessions',
  '/revoke-session',
  '/revoke-sessions',
  '/revoke-other-sessions',
  '/admin/list-user-sessions',
  '/admin/revoke-user-session',
])

const refusable: Record<string, 'sign-in' | 'password-change' | 'password-reset'> = {
  '/sign-in/email': 'sign-in',
  '/change-password': 'password-change',
  '/reset-password': 'password-reset',
}

/**
 * Puts the sessions of a better-auth application into a session store.
 *
 * ```ts
 * betterAuth({ plugins: [rollcall({ store })] })
 * ```
 *
 * It takes the place of `secondaryStorage` and of the cookie cache and refuses to start beside them:
 * either would let a session live on after it was revoked. Lifetimes are those of the store.
 */
export function rollcall({ store, audit = () => undefined }: RollcallOptions) {
  return {
    id: 'rollcall',

    init(context) {
      const { secondaryStorage, session } = context.options
      if (secondaryStorage) throw new Error('Rollcall replaces secondaryStorage: remove it from the options')
      if (session?.cookieCache?.enabled) throw new Error('Rollcall asks the store on every request: disable session.cookieCache')
      // The cookie lives as long as a session can; whether it still signs in is for the store to say.
      const expiresIn = Math.floor(store.timeouts.absolute / 1_000)
      return {
        options: { session: { expiresIn, disableSessionRefresh: true } },
        context: {
          adapter: rollcallAdapter(context.adapter, store, audit),
          sessionConfig: { ...context.sessionConfig, expiresIn },
        },
      }
    },

    hooks: {
      before: [
        {
          // Endpoints verify cookies with the current secret alone.
          matcher: () => true,
          handler: createAuthMiddleware(async (ctx): Promise<object | undefined> => {
            const cookie = resigned(ctx.headers?.get('cookie') ?? '', secretsOf(ctx.context))
            return cookie === null ? undefined : { context: { headers: new Headers({ cookie }) } } // merged in
          }),
        },
        {
          matcher: () => true,
          handler: createAuthMiddleware(async (ctx) => {
            const state = await requestState() // notes when the request began
            const address = ctx.headers && getIP(ctx.headers, ctx.context.options)
            state.ipAddress = address ? shortest(address) : null
            if (closed.has(ctx.path)) throw new APIError('NOT_FOUND', { message: 'Not found' })
            // Its way of ending the others makes a new session; here this one stays and rotates.
            if (ctx.path === '/change-password') return { context: { body: { revokeOtherSessions: false } } } // merged in
            return undefined
          }),
        },
      ],
      after: [
        {
          matcher: () => true,
          handler: createAuthMiddleware(async (ctx) => {
            const state = await requestState()
            const { session, returned, responseHeaders } = ctx.context

            if (ctx.path === '/sign-out') {
              const token = await ctx.getSignedCookie(ctx.context.authCookies.sessionToken.name, ctx.context.secret)
              // A hook of another plugin may have kept the session from being deleted.
              const alive = token ? await answered(() => store.validate(token)).catch(() => null) : null
              if (alive !== null) await answered(() => store.revoke(alive.userId, alive.id, { by: alive.id })).catch(() => 0)
            }

            const refused = refusable[ctx.path]
            if (state.outage) {
              // Clearing the cookie would be a sign-out that did not happen.
              responseHeaders?.delete('set-cookie')
              if (refused !== undefined) await noted(audit, { event: refused, result: 'unavailable' })
              const error = unavailable()
              // Over HTTP, an error thrown here would keep the status that the endpoint had chosen.
              if (ctx.request) return Response.json(error.body, { status: error.statusCode })
              throw error
            }
            if (refused !== undefined && returned instanceof APIError) await noted(audit, { event: refused, result: 'refused' })
            if (state.rotatedToken !== null && session !== null) {
              await setSessionCookie(ctx, { user: session.user, session: { ...session.session, token: state.rotatedToken } })
            }
            return returned instanceof APIError ? undefined : withoutTokens(returned)
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin
}
