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
  /** Another account has this address. Linking needs a proof of that account. */
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
