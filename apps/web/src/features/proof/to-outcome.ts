import { toProblem } from '../../api/problem.js'
import type { I18n } from '../../i18n/i18n.js'
import { describeProblem } from '../../i18n/problem.js'
import type { Outcome } from '../../ui/confirm-button.js'

/**
 * The outcome of an action that failed.
 *
 * @param failed What was not done, in words that go before the reason. Default: the reason alone.
 */
export function toOutcome(i18n: I18n, error: unknown, failed?: string): Outcome {
  const problem = toProblem(error)
  if (problem.kind === 'proof-needed') return problem
  const reason = describeProblem(i18n, problem)
  return { kind: 'failed', message: failed === undefined ? reason : `${failed} ${reason}` }
}
