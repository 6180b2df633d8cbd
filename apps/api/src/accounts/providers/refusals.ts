import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client'
import { APIError } from 'better-auth/api'

/** Why a way through a provider led nowhere, as the page explains it. */
const refusals = {
  /** The person said no, or the provider did. */
  PROVIDER_DECLINED: ['BAD_REQUEST', 'The provider did not confirm who you are'],
  /** A forged, replayed, expired or foreign answer. */
  PROVIDER_ANSWER_INVALID: [
    'BAD_REQUEST',
    'The answer of the provider does not belong to this browser, or came too late',
  ],
  PROVIDER_UNAVAILABLE: ['BAD_GATEWAY', 'The provider does not answer at the moment'],
  PROVIDER_NOT_FOUND: ['NOT_FOUND', 'There is no such provider'],
  PROVIDER_EMAIL_UNVERIFIED: ['FORBIDDEN', 'The provider has not verified the email address of this account'],
  /** Another account has this email address. Linking needs a proof of that account. */
  ACCOUNT_NOT_LINKED: [
    'CONFLICT',
    'An account with this email address exists. Sign in to it, then link the provider there',
  ],
  LINKED_TO_ANOTHER: ['CONFLICT', 'This account of the provider is linked to another account'],
  ALREADY_LINKED: ['CONFLICT', 'An account of this provider is linked already'],
  /** The provider did not check its user again, or checked another one. */
  PROVIDER_PROOF_REFUSED: ['FORBIDDEN', 'The provider did not check again that it is you'],
  BANNED_USER: ['FORBIDDEN', 'This account is blocked.'],
} as const

export type Refusal = keyof typeof refusals

export function refusal(code: Refusal): APIError {
  const [status, message] = refusals[code]
  return new APIError(status, { code, message })
}

/** Codes of the library for what is no answer of the protocol, as of a proxy in front of the provider. */
const NO_ANSWER = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR', // such as of half an answer
])
const UNAVAILABLE = new Set(['server_error', 'temporarily_unavailable'])

const isUnavailable = ({ status }: { readonly status: number }): boolean => status >= 500 || status === 429

/** Rejects with the refusal for an error of the OAuth library. Leaves out the causes, which hold claims and bodies. */
export async function rejectWithRefusal(error: unknown): Promise<never> {
  throw toRefusal(error)
}

function toRefusal(error: unknown): unknown {
  if (error instanceof AuthorizationResponseError)
    return refusal(UNAVAILABLE.has(error.error) ? 'PROVIDER_UNAVAILABLE' : 'PROVIDER_DECLINED')
  if (error instanceof ResponseBodyError)
    return refusal(
      isUnavailable(error) || UNAVAILABLE.has(error.error) ? 'PROVIDER_UNAVAILABLE' : 'PROVIDER_ANSWER_INVALID',
    )
  if (error instanceof WWWAuthenticateChallengeError)
    return refusal(isUnavailable(error) ? 'PROVIDER_UNAVAILABLE' : 'PROVIDER_ANSWER_INVALID')
  if (error instanceof ClientError)
    return refusal(NO_ANSWER.has(error.code ?? '') ? 'PROVIDER_UNAVAILABLE' : 'PROVIDER_ANSWER_INVALID')
  return error instanceof TypeError && error.message === 'fetch failed' ? refusal('PROVIDER_UNAVAILABLE') : error
}
