import { type Problem, problemOf, problemOfStatus } from '@rollcall/react'
import { AuthFailure } from './auth.js'

/** What went wrong with a call to the API, of either kind. */
export function toProblem(error: unknown): Problem {
  return error instanceof AuthFailure ? problemOfStatus(error.status, error.retryAfter) : problemOf(error)
}
