import { AuthFailure } from '../auth.js'
import type { FieldErrors, Refusal } from '../ui/form.js'
import { faultOfNewPassword } from './password.js'
import { describe, toProblem } from './problem.js'
import type { Words } from './words.js'

/** Catches slips; only a mail can show whether the address exists. */
export function wrongWithEmail({ t }: Words, email: string): string | undefined {
  if (email === '') return t('fields.enterEmail')
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email) ? undefined : t('fields.badEmail')
}

/** Leaves out the fields with nothing wrong. */
export function fieldErrors(findings: Record<string, string | undefined>): FieldErrors {
  const errors: FieldErrors = {}
  for (const [name, message] of Object.entries(findings)) if (message) errors[name] = message
  return errors
}

/** The refusals that every form shares. `newPassword` is the form's field for one. */
export function explainFailure(words: Words, error: unknown, newPassword = 'password'): Refusal {
  const code = error instanceof AuthFailure ? error.code : undefined
  if (code === 'INVALID_EMAIL') return { fields: { email: words.t('fields.badEmail') } }
  if (code === 'TOO_MANY_WRONG_PASSWORDS') return { summary: words.t('problem.proofsUsedUp') }
  if (code === 'CREDENTIALS_CHANGED') return { summary: words.t('signIn.superseded') }
  const fault = code === undefined ? undefined : faultOfNewPassword(words, code)
  if (fault !== undefined) return { fields: { [newPassword]: fault } }
  return { summary: describe(words, toProblem(error)) }
}
