import { passkey } from '@better-auth/passkey'
import type { DBAdapter } from '@better-auth/core/db/adapter'
import type { BetterAuthPlugin } from 'better-auth'
import { APIError, createAuthMiddleware } from 'better-auth/api'
import { z } from 'zod'
import { guardAdditions } from '../guarded-additions.js'
import { lastUse } from '../last-use.js'
import { removePasskey } from './remove.js'

/** More than anybody has devices and password managers: a stolen session must not fill the table. */
const MAX_PASSKEYS = 25

/** The part of a response that is stored or looked up as it comes. Its signatures are verified with all of it. */
const ceremonyBody = z.object({
  /** better-auth would sign in with a passkey that was only registered, which proves nobody. */
  createSession: z.literal(false).optional(),
  response: z.looseObject({
    id: z.string().max(1_400), // 1,023 bytes in base64url, the longest that WebAuthn allows
    response: z.looseObject({ transports: z.array(z.string().max(32)).max(16).optional() }),
  }),
})

/**
 * Passkeys of better-auth. A passkey signs in without a second factor, so it must be two factors itself. These are the
 * authenticator, and the face, finger or code of its owner (user verification). ADR 56 gives the reasons.
 *
 * @param baseUrl the origin of the page. Browsers create no passkey for an IP address.
 */
export function passkeyPlugin(baseUrl: string): BetterAuthPlugin {
  const { origin, hostname } = new URL(baseUrl)
  return passkey({
    rpID: hostname,
    origin, // the default is the origin that the request names
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    registration: {
      async afterVerification({ ctx, user, verification: { registrationInfo } }) {
        requireUserVerification(registrationInfo?.userVerified)
        const credentialID = registrationInfo?.credential.id
        await requireAcceptable(ctx.context.adapter, { userId: user.id, credentialID }) // before anything is revoked
      },
    },
    authentication: {
      async afterVerification({ verification: { authenticationInfo } }) {
        requireUserVerification(authenticationInfo.userVerified)
      },
    },
    advanced: { webAuthnChallengeCookie: 'passkey' },
  })
}

/** Adds to better-auth's plugin the time of the last use of a passkey, bounds on its data, and a safe removal. `providers`: ids of those that people can sign in with. */
export function passkeyRules(providers: ReadonlySet<string>) {
  return {
    id: 'passkey-rules',
    init: ({ adapter }) => ({ context: { adapter: guardAdditions(adapter, 'passkey', requireAcceptable) } }),
    schema: { passkey: { fields: lastUse } },
    endpoints: { removePasskey: removePasskey(providers) },
    hooks: {
      before: [
        {
          matcher: ({ path }) => path === '/passkey/verify-registration' || path === '/passkey/verify-authentication',
          handler: createAuthMiddleware(async ({ body }) => {
            const { error } = ceremonyBody.safeParse(body)
            if (error) throw new APIError('BAD_REQUEST', { code: 'VALIDATION_ERROR', message: z.prettifyError(error) })
          }),
        },
      ],
    },
  } satisfies BetterAuthPlugin
}

/** @throws {APIError} 400 unless the authenticator says that it has recognized its owner. */
function requireUserVerification(isVerified: boolean | undefined): void {
  if (isVerified === true) return
  throw new APIError('BAD_REQUEST', {
    code: 'USER_VERIFICATION_REQUIRED',
    message: 'The passkey must ask for a face, a finger or a code',
  })
}

const newPasskey = z.object({ userId: z.string(), credentialID: z.string() })

/** @throws {APIError} 400 for the id of another passkey, whose owner could not sign in any more, and for one too many. */
async function requireAcceptable(adapter: Pick<DBAdapter, 'count'>, row: object): Promise<void> {
  const { userId, credentialID } = newPasskey.parse(row)
  const count = (field: string, value: string): Promise<number> =>
    adapter.count({ model: 'passkey', where: [{ field, value }] })
  if ((await count('credentialID', credentialID)) > 0)
    throw new APIError('BAD_REQUEST', { code: 'PREVIOUSLY_REGISTERED', message: 'This passkey is registered already' })
  if ((await count('userId', userId)) >= MAX_PASSKEYS)
    throw new APIError('BAD_REQUEST', {
      code: 'TOO_MANY_PASSKEYS',
      message: `An account has ${MAX_PASSKEYS} passkeys at most`,
    })
}
