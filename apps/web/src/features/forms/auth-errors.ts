import type { ReactNode } from 'react'
import { AuthFailure } from '../../api/auth.js'
import { toProblem } from '../../api/problem.js'
import { describeProblem } from '../../i18n/problem.js'
import { words } from '../../i18n/words.js'
import type { FieldErrors, Refusal } from '../../ui/form.js'

/** The API's own limit. */
export const LONGEST_NAME = 100

/** Catches slips; only a mail can show whether the address exists. */
export function emailError(email: string): ReactNode {
  if (email === '') return words((t) => t('fields.enterEmail'))
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email) ? undefined : words((t) => t('fields.badEmail'))
}

/** Leaves out the fields with nothing wrong. */
export function fieldErrors(findings: Record<string, ReactNode>): FieldErrors {
  const errors: FieldErrors = {}
  for (const [name, message] of Object.entries(findings)) if (message) errors[name] = message
  return errors
}

/** The refusals that every form shares. */
export function explainFailure(error: unknown): Refusal {
  const code = error instanceof AuthFailure ? error.code : undefined
  if (code === 'INVALID_EMAIL') return { fields: { email: words((t) => t('fields.badEmail')) } }
  if (code === 'INVALID_NAME') return { fields: { name: words((t) => t('fields.badName', { max: LONGEST_NAME })) } }
  if (code === 'TOO_MANY_WRONG_PASSWORDS') return { summary: words((t) => t('problem.proofsUsedUp')) }
  if (code === 'CREDENTIALS_CHANGED') return { summary: words((t) => t('signIn.superseded')) }
  if (code === 'BANNED_USER') return { summary: words((t) => t('signIn.banned')) }
  return { summary: describeProblem(toProblem(error)) }
}
