import { TRPCClientError } from '@trpc/client'
import { AuthFailure } from '../auth.js'

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

export function describe(problem: Problem): string {
  switch (problem.kind) {
    case 'unauthorized':
      return 'You are not signed in any more.'
    case 'outage':
      return 'Rollcall is not available right now. Please try again in a moment.'
    case 'unreachable':
      return 'Rollcall could not be reached. Check your connection and try again.'
    case 'password-needed':
      return 'Your password is needed for this.'
    case 'limited':
      return `Too many attempts. Please wait ${wait(problem.retryAfterSeconds)} and try again.`
    case 'refused':
      return 'This request was refused. Reload the page and try again.'
    case 'unexpected':
      return 'Something went wrong. Please try again.'
  }
}

function wait(seconds: number | null): string {
  if (seconds === null) return 'a moment'
  const [count, unit] = seconds < 120 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
