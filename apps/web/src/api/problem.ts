import { type Problem, problemOf, problemOfStatus } from '@rollcall/react'
import { AuthFailure } from './auth.js'

/** better-auth itself says the second where a session is older than a day. */
const NEEDS_PROOF = ['REAUTHENTICATE', 'SESSION_NOT_FRESH']

/** The problem with a call to the API, of either kind. */
export function toProblem(error: unknown): Problem {
  if (!(error instanceof AuthFailure)) return problemOf(error)
  if (error.code === 'OTHER_SESSION') return { kind: 'other-session' }
  if (NEEDS_PROOF.includes(error.code ?? '')) return { kind: 'proof-needed' }
  return problemOfStatus(error.status, error.retryAfter)
}

/** The account must be proved first. */
export const needsProof = (error: unknown): boolean => toProblem(error).kind === 'proof-needed'
