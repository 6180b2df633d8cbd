import { TRPCClientError } from '@trpc/client'
import { AuthFailure } from '../auth.js'
import type { Words } from './words.js'

/** What went wrong with a call, in the few kinds that the page tells apart. */
export type Problem =
  | { kind: 'unauthorized' }
  | { kind: 'outage' }
  | { kind: 'unreachable' }
  | { kind: 'password-needed' }
  | { kind: 'limited'; retryAfterSeconds: number | null }
  | { kind: 'refused' }
  | { kind: 'unexpected' }

export function toProblem(error: unknown): Problem {
  if (error instanceof AuthFailure) return fromStatus(error.status, error.retryAfter)
  if (error instanceof TRPCClientError) {
    const response: unknown = error.meta?.['response']
    const answer = response instanceof Response ? response : undefined
    if (reasonIn(error.data) === 'REAUTHENTICATE') return { kind: 'password-needed' }
    return fromStatus(statusIn(error.data) ?? answer?.status, answer?.headers.get('retry-after') ?? null)
  }
  return { kind: 'unexpected' }
}

/** A shape check and not a type: an answer from something between the page and the API can carry any JSON. */
function statusIn(data: unknown): number | undefined {
  if (typeof data !== 'object' || data === null || !('httpStatus' in data)) return undefined
  return typeof data.httpStatus === 'number' ? data.httpStatus : undefined
}

function reasonIn(data: unknown): unknown {
  return typeof data === 'object' && data !== null && 'reason' in data ? data.reason : undefined
}

function fromStatus(status: number | undefined, retryAfter: string | null): Problem {
  switch (status) {
    case undefined:
      return { kind: 'unreachable' }
    case 401:
      return { kind: 'unauthorized' }
    case 403:
      return { kind: 'refused' }
    case 429: {
      const seconds = Number(retryAfter ?? Number.NaN)
      return { kind: 'limited', retryAfterSeconds: seconds > 0 ? Math.ceil(seconds) : null }
    }
    case 502:
    case 503:
    case 504:
      return { kind: 'outage' }
    default:
      return { kind: 'unexpected' }
  }
}

export function describe({ t }: Words, problem: Problem): string {
  if (problem.kind !== 'limited') return t(`problem.${problem.kind}`)
  const { retryAfterSeconds: seconds } = problem
  if (seconds === null) return t('problem.limited')
  return seconds < 120 ? t('problem.limitedSeconds', { count: seconds }) : t('problem.limitedMinutes', { count: Math.ceil(seconds / 60) })
}
