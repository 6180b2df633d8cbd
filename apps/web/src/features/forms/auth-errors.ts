import { AuthFailure } from '../../api/auth.js'
import { toProblem } from '../../api/problem.js'
import type { I18n } from '../../i18n/i18n.js'
import { describeProblem } from '../../i18n/problem.js'
import type { FieldErrors, Refusal } from '../../ui/form.js'
import { newPasswordRefusal } from './password-rules.js'

/** The API's own limit. */
export const LONGEST_NAME = 100

/** Catches slips; only a mail can show whether the address exists. */
export function emailError({ t }: I18n, email: string): string | undefined {
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
export function explainFailure(i18n: I18n, error: unknown, newPassword = 'password'): Refusal {
  const code = error instanceof AuthFailure ? error.code : undefined
  if (code === 'INVALID_EMAIL') return { fields: { email: i18n.t('fields.badEmail') } }
  if (code === 'INVALID_NAME') return { fields: { name: i18n.t('fields.badName', { max: LONGEST_NAME }) } }
  if (code === 'TOO_MANY_WRONG_PASSWORDS') return { summary: i18n.t('problem.proofsUsedUp') }
  if (code === 'CREDENTIALS_CHANGED') return { summary: i18n.t('signIn.superseded') }
  if (code === 'BANNED_USER') return { summary: i18n.t('signIn.banned') }
  const fault = code === undefined ? undefined : newPasswordRefusal(i18n, code)
  if (fault !== undefined) return { fields: { [newPassword]: fault } }
  return { summary: describeProblem(i18n, toProblem(error)) }
}
