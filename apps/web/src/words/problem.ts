import { type Problem, problemOf, problemOfStatus } from '@rollcall/react'
import { AuthFailure } from '../auth.js'
import type { Words } from './words.js'

export function toProblem(error: unknown): Problem {
  return error instanceof AuthFailure ? problemOfStatus(error.status, error.retryAfter) : problemOf(error)
}

export function describe({ t }: Words, problem: Problem): string {
  if (problem.kind !== 'limited') return t(`problem.${problem.kind}`)
  const { retryAfterSeconds: seconds } = problem
  if (seconds === null) return t('problem.limited')
  return seconds < 120 ? t('problem.limitedSeconds', { count: seconds }) : t('problem.limitedMinutes', { count: Math.ceil(seconds / 60) })
}
