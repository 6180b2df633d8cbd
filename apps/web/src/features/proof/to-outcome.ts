import type { ReactNode } from 'react'
import { toProblem } from '../../api/problem.js'
import { describeProblem } from '../../i18n/problem.js'
import type { Outcome } from '../../ui/confirm-button.js'

/**
 * The outcome of an action that failed.
 *
 * @param failed What was not done, in words that go before the reason. Default: the reason alone.
 */
export function toOutcome(error: unknown, failed?: ReactNode): Outcome {
  const problem = toProblem(error)
  return problem.kind === 'proof-needed' ? problem : { kind: 'failed', message: describeProblem(problem, failed) }
}
