import type { Problem } from '@rollcall/react'
import type { I18n } from './i18n.js'

export function describeProblem({ t }: I18n, problem: Problem): string {
  if (problem.kind !== 'limited') return t(`problem.${problem.kind}`)
  const { retryAfterSeconds: seconds } = problem
  if (seconds === null) return t('problem.limited')
  return seconds < 120
    ? t('problem.limitedSeconds', { count: seconds })
    : t('problem.limitedMinutes', { count: Math.ceil(seconds / 60) })
}
