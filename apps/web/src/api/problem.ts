import { type Problem, problemOf, problemOfStatus } from '@rollcall/react'
import { AuthFailure } from './auth.js'

/** The problem with a call to the API, of either kind. */
export function toProblem(error: unknown): Problem {
  if (!(error instanceof AuthFailure)) return problemOf(error)
  return error.code === 'OTHER_SESSION' ? { kind: 'other-session' } : problemOfStatus(error.status, error.retryAfter)
}

/** The account must be proved first. better-auth itself says so where a session is older than a day. */
export function needsProof(error: unknown): boolean {
  if (!(error instanceof AuthFailure)) return problemOf(error).kind === 'password-needed'
  return error.code === 'REAUTHENTICATE' || error.code === 'SESSION_NOT_FRESH'
}
