import type { ReactNode } from 'react'
import { AuthFailure } from '../../api/auth.js'
import { toProblem } from '../../api/problem.js'
import { describeProblem } from '../../i18n/problem.js'
import { words } from '../../i18n/words.js'

const reasons = {
  PROVIDER_DECLINED: 'declined',
  PROVIDER_ANSWER_INVALID: 'late',
  PROVIDER_UNAVAILABLE: 'away',
  PROVIDER_NOT_FOUND: 'unknown',
  PROVIDER_EMAIL_UNVERIFIED: 'unverified',
  PROVIDER_PROOF_REFUSED: 'unproved',
  ACCOUNT_NOT_LINKED: 'notLinked',
  LINKED_TO_ANOTHER: 'another',
  ALREADY_LINKED: 'already',
  LAST_WAY_IN: 'lastWayIn',
  CREDENTIALS_CHANGED: 'superseded',
} as const

/** Why a way through a provider led nowhere, for its person. */
export function explainProvider(error: unknown): ReactNode {
  const code = error instanceof AuthFailure ? (error.code ?? '') : ''
  if (code === 'BANNED_USER') return words((t) => t('signIn.banned'))
  if (code in reasons) return words((t) => t(`providers.refused.${reasons[code as keyof typeof reasons]}`)) // it is in there
  const problem = toProblem(error)
  // Nobody has typed anything: it is the address of a page that is not, or no longer, an answer.
  return problem.kind === 'invalid' ? words((t) => t('providers.refused.late')) : describeProblem(problem)
}
