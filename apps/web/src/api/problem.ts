import { type Problem, problemOf, problemOfStatus } from '@rollcall/react'
import { AuthFailure } from './auth.js'

/** The problem with a call to the API, of either kind. */
export function toProblem(error: unknown): Problem {
  if (!(error instanceof AuthFailure)) return problemOf(error)
  return error.code === 'OTHER_SESSION' ? { kind: 'other-session' } : problemOfStatus(error.status, error.retryAfter)
}
