import type { Session } from '@rollcall/session-store'

const plainKinds = [
  'password',
  /** A password, then a code of a second factor. */
  'two-factor',
  'passkey',
  /** A link by mail. */
  'email-link',
  /** A code by mail. */
  'email-code',
  /** A code to a phone. */
  'phone-code',
  /** A signature of a wallet. */
  'wallet',
  /** Without any proof. */
  'anonymous',
  /** An administrator who acts as this user. */
  'impersonation',
] as const

/** How a person signed in, or proved again who they are. */
export type SignInMethod =
  | { readonly kind: (typeof plainKinds)[number] }
  /** `provider` is its id in the configuration, such as `google`. */
  | { readonly kind: 'provider'; readonly provider: string }

const PROVIDER = 'provider:'
const MAX_PROVIDER_LENGTH = 64

/** As it is stored with a session. */
export function encodeSignInMethod(method: SignInMethod): string {
  return method.kind === 'provider' ? PROVIDER + method.provider.slice(0, MAX_PROVIDER_LENGTH) : method.kind
}

/** Whether {@link encodeSignInMethod} could have made this text. */
export function isSignInMethod(text: string): boolean {
  return text !== PROVIDER && decode(text) !== null
}

/** The method of the sign-in; `null` where it is unknown, as for a session that began before methods were recorded. */
export function signInMethodOf({ data }: Pick<Session, 'data'>): SignInMethod | null {
  return decode(data['signInMethod'])
}

/** The method of the latest proof, at `authenticatedAt`: that of the sign-in, unless the person proved it again since. */
export function proofMethodOf({ data }: Pick<Session, 'data'>): SignInMethod | null {
  const { proofMethod, signInMethod } = data
  return decode(proofMethod === undefined ? signInMethod : proofMethod)
}

function decode(stored: unknown): SignInMethod | null {
  if (typeof stored !== 'string') return null
  if (stored.startsWith(PROVIDER)) return { kind: 'provider', provider: stored.slice(PROVIDER.length) }
  const kind = plainKinds.find((name) => name === stored)
  return kind === undefined ? null : { kind }
}
