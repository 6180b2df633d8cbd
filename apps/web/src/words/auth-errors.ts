import { AuthFailure } from '../auth.js'
import type { FieldErrors, Refusal } from '../ui/form.js'
import { TOO_LONG, TOO_SHORT } from './password.js'
import { describe, toProblem } from './problem.js'

export const ENTER_EMAIL = 'Enter your e-mail address.'
const BAD_EMAIL = 'Enter an e-mail address such as name@example.com.'

/** Catches slips; whether the address exists, only a mail can tell. */
export function wrongWithEmail(email: string): string | undefined {
  if (email === '') return ENTER_EMAIL
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email) ? undefined : BAD_EMAIL
}

/** Leaves out the fields with nothing wrong. */
export function fieldErrors(findings: Record<string, string | undefined>): FieldErrors {
  const errors: FieldErrors = {}
  for (const [name, message] of Object.entries(findings)) if (message) errors[name] = message
  return errors
}

/** The refusals that every form shares. `newPassword` is the form's field for one. */
export function explainFailure(error: unknown, newPassword = 'password'): Refusal {
  const code = error instanceof AuthFailure ? error.code : undefined
  if (code === 'INVALID_EMAIL') return { fields: { email: BAD_EMAIL } }
  if (code === 'PASSWORD_TOO_SHORT') return { fields: { [newPassword]: TOO_SHORT } }
  if (code === 'PASSWORD_TOO_LONG') return { fields: { [newPassword]: TOO_LONG } }
  return { summary: describe(toProblem(error)) }
}
