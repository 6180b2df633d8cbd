/** The kinds of problems with a call that a page distinguishes. */
export type Problem =
  | { kind: 'unauthorized' }
  | { kind: 'outage' }
  | { kind: 'unreachable' }
  /** Nothing was done: a recent proof is needed first. */
  | { kind: 'proof-needed' }
  | { kind: 'limited'; retryAfterSeconds: number | null }
  /** Nothing was done: the browser is signed in as another session than the page shows. */
  | { kind: 'other-session' }
  /** The input breaks a rule. */
  | { kind: 'invalid' }
  | { kind: 'refused' }
  | { kind: 'unexpected' }

/** An answer is not for the session that the page shows. */
export class OtherSessionError extends Error {
  override readonly name = 'OtherSessionError'
}

/** @param error of a call by the tRPC client, or of `useDevices` */
export function problemOf(error: unknown): Problem {
  if (error instanceof OtherSessionError) return { kind: 'other-session' }
  if (!isOfClient(error)) return { kind: 'unexpected' }
  const response: unknown = error.meta?.['response']
  const answer = response instanceof Response ? response : undefined
  const reason = reasonIn(error.data)
  if (reason === 'REAUTHENTICATE') return { kind: 'proof-needed' }
  if (reason === 'OTHER_SESSION') return { kind: 'other-session' }
  return problemOfStatus(statusIn(error.data) ?? answer?.status, answer?.headers.get('retry-after') ?? null)
}

/** The part of a `TRPCClientError` that is read here. */
interface ClientError extends Error {
  readonly data?: unknown
  readonly meta?: Readonly<Record<string, unknown>>
}

/** By its name and not by its class: so this needs no code of the client, and knows the errors of a second copy. */
function isOfClient(error: unknown): error is ClientError {
  return error instanceof Error && error.name === 'TRPCClientError'
}

/** A shape check and not a type: an answer from something between the page and the API can carry any JSON. */
function statusIn(data: unknown): number | undefined {
  if (typeof data !== 'object' || data === null || !('httpStatus' in data)) return undefined
  return typeof data.httpStatus === 'number' ? data.httpStatus : undefined
}

function reasonIn(data: unknown): unknown {
  return typeof data === 'object' && data !== null && 'reason' in data ? data.reason : undefined
}

/**
 * The same for calls that the application makes without tRPC.
 *
 * @param status The status of HTTP. `undefined`: there was no answer.
 * @param retryAfter The header of that name, in seconds.
 */
export function problemOfStatus(status: number | undefined, retryAfter: string | null): Problem {
  switch (status) {
    case undefined:
      return { kind: 'unreachable' }
    case 400:
      return { kind: 'invalid' }
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
