import type { BetterAuthPlugin } from 'better-auth'
import { APIError, createAuthMiddleware } from 'better-auth/api'

/**
 * The endpoints below `/api/auth` that this application uses, each with its method. All others answer 404, over HTTP and
 * in `auth.api`, and so does an endpoint that an update of better-auth adds.
 */
export const openEndpoints: ReadonlyMap<string, 'GET' | 'POST'> = new Map([
  ['/sign-up/email', 'POST'],
  ['/sign-up/policy', 'GET'],
  ['/sign-up/request', 'POST'],
  ['/sign-up/finish', 'POST'],
  ['/sign-in/email', 'POST'],
  ['/sign-out', 'POST'],
  ['/change-password', 'POST'],
  ['/set-password', 'POST'],
  ['/password/remove', 'POST'],
  ['/request-password-reset', 'POST'],
  ['/reset-password', 'POST'],
  ['/reauthenticate', 'POST'],
  ['/secure-account', 'POST'],
  ['/secure-account/send-link', 'POST'],
  ['/confirm-email-change', 'POST'],
  ['/reauthenticate/methods', 'GET'],
  ['/reauthenticate/request-code', 'POST'],
  ['/reauthenticate/code', 'POST'],
  ['/passkey/generate-register-options', 'GET'],
  ['/passkey/verify-registration', 'POST'],
  ['/passkey/generate-authenticate-options', 'GET'],
  ['/passkey/verify-authentication', 'POST'],
  ['/passkey/remove', 'POST'],
  ['/two-factor/enable', 'POST'],
  ['/two-factor/disable', 'POST'],
  ['/two-factor/verify-totp', 'POST'],
  ['/two-factor/verify-backup-code', 'POST'],
  ['/two-factor/generate-backup-codes', 'POST'],
  ['/provider/list', 'GET'],
  ['/provider/sign-in', 'POST'],
  ['/provider/link', 'POST'],
  ['/provider/prove', 'POST'],
  ['/provider/unlink', 'POST'],
  ['/oauth2/callback/:providerId', 'POST'],
])

/**
 * The endpoints that need a recent proof, as `devices.revoke` does. To register a passkey, only its challenge needs one: the
 * challenge is bound to the person and works once, within five minutes. To link a provider, only the question needs one.
 */
export const endpointsWithProof: ReadonlySet<string> = new Set([
  '/passkey/generate-register-options',
  '/passkey/remove',
  '/set-password',
  '/password/remove',
  '/provider/link',
  '/provider/unlink',
])

/** The endpoints that take the password in their body. Without it, they need a recent proof. */
export const endpointsWithPassword: ReadonlySet<string> = new Set([
  '/two-factor/enable',
  '/two-factor/disable',
  '/two-factor/generate-backup-codes',
])

/** The path of the endpoint that better-auth finds for the path of a request. */
export function endpointOf(path: string): string {
  return path.replace(/^\/oauth2\/callback\/[a-z][a-z0-9-]*$/, '/oauth2/callback/:providerId')
}

/** The endpoints of the kind of sign-up that is not in use, which are closed too. */
export function unusedSignUp({ confirmsAddress }: { readonly confirmsAddress: boolean }): ReadonlySet<string> {
  return new Set(confirmsAddress ? ['/sign-up/email'] : ['/sign-up/request', '/sign-up/finish'])
}

/** Closes every endpoint that is not open. It must be the first plugin: no hook of another one may answer before it. */
export function closeUnusedEndpoints(use: { readonly confirmsAddress: boolean }) {
  const unused = unusedSignUp(use)
  return {
    id: 'closed-unless-used',
    hooks: {
      before: [
        {
          // An endpoint for the server alone has no path.
          matcher: ({ path }) => path === undefined || !openEndpoints.has(path) || unused.has(path),
          handler: createAuthMiddleware(async () => {
            throw new APIError('NOT_FOUND', { code: 'NOT_FOUND', message: 'Not found' })
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin
}
