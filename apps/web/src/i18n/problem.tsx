import type { Problem } from '@rollcall/react'
import type { ReactNode } from 'react'
import type { I18n } from './i18n.js'
import { words } from './words.js'

/** @param failed What was not done, in words that go before the reason. Default: the reason alone. */
export function describeProblem(problem: Problem, failed?: ReactNode): ReactNode {
  const reason = words((t) => reasonOf(t, problem))
  if (failed === undefined) return reason
  return (
    <>
      {failed} {reason}
    </>
  )
}

function reasonOf(t: I18n['t'], problem: Problem): string {
  if (problem.kind !== 'limited') return t(`problem.${problem.kind}`)
  const { retryAfterSeconds: seconds } = problem
  if (seconds === null) return t('problem.limited')
  return seconds < 120
    ? t('problem.limitedSeconds', { count: seconds })
    : t('problem.limitedMinutes', { count: Math.ceil(seconds / 60) })
}
