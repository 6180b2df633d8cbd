import { encodeSignInMethod, type SignInMethod } from '@rollcall/devices'
import { z } from 'zod'
import { currentEndpoint } from './current-endpoint.js'

/** The endpoints of better-auth and its plugins that create a session, and what each one has verified. */
const methods: Readonly<Record<string, SignInMethod>> = {
  '/sign-up/email': { kind: 'password' },
  '/sign-up/finish': { kind: 'password' }, // of an application that confirms the address first
  '/sign-in/email': { kind: 'password' },
  '/sign-in/username': { kind: 'password' },
  '/sign-in/phone-number': { kind: 'password' },
  '/change-password': { kind: 'password' },
  '/reauthenticate': { kind: 'password' },
  '/two-factor/verify-totp': { kind: 'two-factor' },
  '/two-factor/verify-otp': { kind: 'two-factor' },
  '/two-factor/verify-backup-code': { kind: 'two-factor' },
  '/passkey/verify-authentication': { kind: 'passkey' },
  '/magic-link/verify': { kind: 'email-link' },
  '/verify-email': { kind: 'email-link' },
  '/sign-in/email-otp': { kind: 'email-code' },
  '/email-otp/verify-email': { kind: 'email-code' },
  '/reauthenticate/code': { kind: 'email-code' }, // of an application that mails codes
  '/phone-number/verify': { kind: 'phone-code' },
  '/siwe/verify': { kind: 'wallet' },
  '/sign-in/anonymous': { kind: 'anonymous' },
  '/admin/impersonate-user': { kind: 'impersonation' },
  '/one-tap/callback': { kind: 'provider', provider: 'google' },
}

/** Endpoints that a provider leads back to; the path names it. */
const callbacks = ['/callback/', '/oauth2/callback/', '/sso/callback/', '/sso/saml2/']

const callbackParams = z.union([
  z.object({ id: z.string() }).transform(({ id }) => id),
  z.object({ providerId: z.string() }).transform(({ providerId }) => providerId),
])
const socialBody = z.object({ provider: z.string() })

/** The method that the current endpoint has verified, as it is stored. `undefined` for an unknown endpoint. */
export function currentSignInMethod(): string | undefined {
  const endpoint = currentEndpoint()
  const method = endpoint && methodOf(endpoint)
  return method && encodeSignInMethod(method)
}

/** Data of a session whose person has just proved who they are, by the endpoint that runs. */
export function proofData(): { proofMethod: string | null } {
  return { proofMethod: currentSignInMethod() ?? null }
}

interface Endpoint {
  readonly path?: string | undefined
  readonly params?: unknown
  readonly body?: unknown
}

/** Whether the endpoint verifies a code of the second factor. */
export function takesCode({ path = '' }: Pick<Endpoint, 'path'>): boolean {
  return path.startsWith('/two-factor/verify-')
}

function methodOf({ path = '', params, body }: Endpoint): SignInMethod | undefined {
  if (Object.hasOwn(methods, path)) return methods[path]
  const provider = callbacks.some((start) => path.startsWith(start))
    ? callbackParams.safeParse(params).data
    : path === '/sign-in/social'
      ? socialBody.safeParse(body).data?.provider
      : undefined
  return provider === undefined ? undefined : { kind: 'provider', provider }
}
