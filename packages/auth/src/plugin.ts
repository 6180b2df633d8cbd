import { PROOF_LIFE_MS, type SessionStore } from '@rollcall/session-store'
import type { AuthContext, GenericEndpointContext } from '@better-auth/core'
import type { BetterAuthOptions, BetterAuthPlugin } from 'better-auth'
import { APIError, createAuthMiddleware } from 'better-auth/api'
import * as api from 'better-auth/api' // for what an older version lacks: it must load, for the start to refuse it
import { doNothing, type OnChange } from './policy/after-write.js'
import { type AdapterOptions, rollcallAdapter } from './adapter.js'
import { afterHook, type OnUsed } from './after-hook.js'
import type { Audit } from './audit/audit.js'
import { beginEndpoint, undoUnlessAnswered } from './sign-in/failed-sign-ins.js'
import { readChoice } from './policy/factor-policy.js'
import { browserIdOf, deviceSchema } from './sign-in/known-devices.js'
import { readableAddress } from './sessions/ip-address.js'
import { withAccountToken } from './cookies/multi-session.js'
import { type NewDevice, type Notify, notifyBy, secureAccountEndpoints } from './sign-in/new-device.js'
import { attachOldSessions, withCurrentToken } from './start/old-sessions.js'
import { proofMethods } from './proof/proof-methods.js'
import { reauthenticate } from './proof/reauthenticate.js'
import { followRevocations } from './sessions/revocations.js'
import { sessionEndpoints } from './sessions/session-endpoints.js'
import { rejectUnsupportedVersion } from './start/supported-version.js'
import { rejectUnsupportedOptions } from './start/unsupported-options.js'
import { readRememberMe } from './cookies/remember-me.js'
import type { OnWrongPassword } from './audit/refused-attempts.js'
import { beginSignIn, requestState } from './request/request-state.js'
import { rejectUnavailable } from './request/unavailable.js'
import { dateLink } from './links/verification-links.js'

export interface RollcallOptions {
  /** The store that holds the sessions. */
  readonly store: SessionStore
  /**
   * `ignore`: people who are signed in with better-auth alone must sign in again. Otherwise the plugin refuses to start while
   * the table `session` holds live sessions, unless `store` is one of `importSessions`. Default: refuse.
   */
  readonly oldSessions?: 'ignore'
  /** Called with every sign-in, sign-out and revocation, and every refused attempt. It must not throw. Default: nothing. */
  readonly audit?: Audit
  /**
   * Whether a proof at this time is recent enough to revoke other sessions at better-auth's own endpoints. Give the devices
   * router the same function. Default: for 15 minutes, by the store's clock.
   */
  readonly isRecent?: (authenticatedAt: Date) => boolean
  /**
   * If given, the plugin recognizes browsers at later sign-ins, by a cookie and the table `device`. It is called at each
   * sign-in from a browser that is new to its user, except for the first sign-in of a new user. The sign-in waits for it: put
   * the mail into a queue. If it rejects, a later sign-in from that browser calls it again, after a minute or more. Default:
   * no cookie, no table, no call.
   */
  readonly onNewDevice?: (newDevice: NewDevice) => Promise<void>
}

/** They hand out tokens of other people or ask for them. */
const closed = new Set(['/admin/list-user-sessions', '/admin/revoke-user-session'])

/** They take a token that `secret` alone can forge. Without a mail that brings such tokens, nobody needs these endpoints. */
const ofVerificationMails = new Set(['/verify-email', '/send-verification-email'])

function isClosed({ path, context }: GenericEndpointContext): boolean {
  return (
    closed.has(path) || (ofVerificationMails.has(path) && !context.options.emailVerification?.sendVerificationEmail)
  )
}

/**
 * Puts the sessions of a better-auth application into a session store.
 *
 * ```ts
 * betterAuth({ plugins: [rollcall({ store })] })
 * ```
 *
 * It replaces `secondaryStorage` and the cookie cache, and refuses to start beside them: each would keep a session alive after it
 * was revoked. Lifetimes are those of the store.
 */
export function rollcall({ onNewDevice, ...options }: RollcallOptions) {
  return rollcallPlugin({ ...options, ...(onNewDevice && { notify: notifyBy(onNewDevice) }) })
}

/** @throws {Error} if people could lose their password, and not choose a new one. */
function rejectMissingReset({ emailAndPassword }: BetterAuthOptions): void {
  if (emailAndPassword?.enabled && !emailAndPassword.sendResetPassword) {
    throw new Error(
      'People who secure their account need a way to a new password: set emailAndPassword.sendResetPassword beside onNewDevice',
    )
  }
}

/**
 * For applications that turn on better-auth's own rate limit: as its rules for sign-ins and for requests of reset mails. It finds no
 * rule for endpoints of a plugin, and would allow ten guesses a second.
 */
const rateLimit = [
  { pathMatcher: (path: string) => path === '/reauthenticate' || path === '/secure-account', window: 10, max: 3 },
  { pathMatcher: (path: string) => path === '/secure-account/send-link', window: 60, max: 3 },
]

/** Puts the store in the place of better-auth's sessions, when better-auth starts. */
async function replaceSessions(context: AuthContext, options: AdapterOptions, oldSessions: 'ignore' | undefined) {
  const { store } = options
  await attachOldSessions(store, context.adapter, oldSessions)
  // The cookie lives as long as a session can; whether it still signs in is for the store to say.
  const expiresIn = Math.floor(store.timeouts.absolute / 1_000)
  return {
    options: { session: { expiresIn, disableSessionRefresh: true } },
    context: {
      adapter: rollcallAdapter(context.adapter, options),
      sessionConfig: { ...context.sessionConfig, expiresIn },
    },
  }
}

interface ServerOptions extends Omit<RollcallOptions, 'onNewDevice'> {
  readonly notify?: Notify
  readonly onWrongPassword?: OnWrongPassword
  readonly onUsed?: OnUsed
  readonly onChange?: OnChange
}

/** Leaves it to the caller when to notify a user of a new device, and when to make the link for that. */
export function rollcallPlugin({
  store,
  audit = () => undefined,
  notify,
  oldSessions,
  isRecent = (authenticatedAt) => store.clock() - authenticatedAt.getTime() < PROOF_LIFE_MS,
  onWrongPassword = () => undefined,
  onUsed = async () => undefined,
  onChange = async () => doNothing,
}: ServerOptions) {
  return {
    id: 'rollcall',

    init(context) {
      rejectUnsupportedVersion(context.version)
      rejectUnsupportedOptions(context.options)
      if (notify) rejectMissingReset(context.options)
      followRevocations(context, store, audit)
      return replaceSessions(context, { store, audit, onChange, hasSecureLinks: notify !== undefined }, oldSessions)
    },

    ...(notify ? { schema: deviceSchema, rateLimit } : { rateLimit }),
    endpoints: {
      reauthenticate: reauthenticate(store, audit),
      proofMethods: proofMethods(),
      ...secureAccountEndpoints(store, audit),
      ...sessionEndpoints({ store, audit, isRecent }),
    },

    hooks: {
      before: [
        {
          // Endpoints verify cookies with the current secret alone.
          matcher: () => true,
          handler: createAuthMiddleware(async (ctx): Promise<object | undefined> => {
            const cookie = await withCurrentToken(ctx, store)
            return cookie === null ? undefined : { context: { headers: new Headers({ cookie }) } } // merged in
          }),
        },
        {
          matcher: () => true,
          handler: createAuthMiddleware(async (ctx) => {
            await beginEndpoint()
            await beginSignIn(store, ctx.path)
            await dateLink(ctx, store)
            await undoUnlessAnswered(ctx, store)
            const state = await requestState()
            // A hook of the application may call another endpoint, without headers.
            state.ipAddress =
              readableAddress(ctx.headers && api.getIP(ctx.headers, ctx.context.options)) ?? state.ipAddress
            if (notify && (ctx.request || state.browser === null)) state.browser = browserIdOf(ctx)
            await readChoice(ctx)
            await readRememberMe(ctx)
            if (isClosed(ctx)) throw new APIError('NOT_FOUND', { message: 'Not found' })
            // To revoke the others, it makes a new session; here this one stays and gets a new secret.
            if (ctx.path === '/change-password') return { context: { body: { revokeOtherSessions: false } } } // merged in
            const body = await rejectUnavailable(() => withAccountToken(ctx, store))
            if (body !== null) return { context: { body } }
            return undefined
          }),
        },
      ],
      after: [{ matcher: () => true, handler: afterHook({ store, audit, notify, onWrongPassword, onUsed }) }],
    },
  } satisfies BetterAuthPlugin
}
