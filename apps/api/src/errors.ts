import { TooManyStreamsError } from '@rollcall/devices'
import { MovingSlotsError, SessionStoreUnavailableError } from '@rollcall/session-store'
import { type Reason, ReauthenticationRequiredError, reasonOf } from '@rollcall/trpc'
import { TRPCError } from '@trpc/server'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import { ZodError } from 'zod'
import { isDatabaseOutage, isRefusedConnection } from './accounts/database/database-outage.js'
import { OtherSessionError } from './accounts/expected-session.js'

export type Code = TRPCError['code']

/** More was asked than a limit allows. */
export class RateLimitedError extends Error {
  override readonly name = 'RateLimitedError'

  /**
   * @param retryAfter whole seconds
   * @param limit the one that takes longest
   */
  constructor(
    readonly retryAfter: number,
    readonly limit?: string,
  ) {
    super('A rate limit was reached')
  }
}

/** After so many failures an attempt needs a proof of work. */
export class ChallengeNeededError extends RateLimitedError {
  /**
   * @param retryAfter whole seconds until an attempt passes without one
   * @param level of the work
   */
  constructor(
    retryAfter: number,
    limit: string,
    readonly level: number,
  ) {
    super(retryAfter, limit)
  }
}

/** The database gave no usable answer. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError'

  constructor(cause: unknown) {
    super('The database is unavailable', { cause })
  }
}

/** So many mails wait that no more are taken. */
export class MailQueueFullError extends Error {
  override readonly name = 'MailQueueFullError'

  constructor() {
    super('The mail queue is full')
  }
}

/** So many attempts are under way that this one has found no place in time. */
export class TooManyUnderWayError extends Error {
  override readonly name = 'TooManyUnderWayError'

  constructor() {
    super('Too many attempts are under way')
  }
}

/** The public part of an error. */
export interface PublicError {
  readonly code: Code
  readonly reason: Reason | 'OTHER_SESSION' | null
  readonly message: string
  readonly status: number
  /** Seconds, for the header Retry-After. */
  readonly retryAfter?: number
}

/** An outage is retried by the page at once or a second later; both are fine. */
const OUTAGE_RETRY_SECONDS = 1

const outages = [
  SessionStoreUnavailableError,
  MovingSlotsError,
  DatabaseUnavailableError,
  MailQueueFullError,
  TooManyUnderWayError,
]

/**
 * The error, or one of its causes, that says that Redis, the database, the mail queue or a limit cannot serve for the moment. The one
 * place that knows. The store names its outages itself, and better-auth may wrap them. Any other error is a fault of this program.
 */
export function outageIn(error: unknown): Error | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (outages.some((outage) => cause instanceof outage) || isDatabaseOutage(cause)) return cause
  return undefined
}

/** Whether Redis or the database gave no answer. For an operator, a refusal is none: no wait mends it. */
export function isWithoutAnswer(error: unknown): boolean {
  const outage = outageIn(error)
  if (outage instanceof SessionStoreUnavailableError) return outage.refused === null
  return outage !== undefined && !isRefusedConnection(outage)
}

/** The one translation of errors to what is said outside. Whatever it does not know stays generic. */
export function publicError(error: unknown): PublicError {
  if (
    error instanceof TRPCError &&
    ['INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE'].includes(error.code) &&
    error.cause
  ) {
    return publicError(error.cause)
  }

  if (error instanceof RateLimitedError) {
    return {
      ...toPublicError('TOO_MANY_REQUESTS', 'Too many attempts. Please wait before you try again.'),
      retryAfter: error.retryAfter,
    }
  }
  if (error instanceof ReauthenticationRequiredError)
    return { ...toPublicError('FORBIDDEN', 'Please prove again who you are'), reason: 'REAUTHENTICATE' }
  if (error instanceof OtherSessionError) {
    return {
      ...toPublicError('CONFLICT', 'This browser has signed in again since this page was shown. Nothing was changed.'),
      reason: 'OTHER_SESSION',
    }
  }
  if (error instanceof TooManyStreamsError) return toPublicError('TOO_MANY_REQUESTS', error.message)
  if (outageIn(error) !== undefined) {
    return {
      ...toPublicError('SERVICE_UNAVAILABLE', 'This does not work at the moment. Please try again.'),
      retryAfter: OUTAGE_RETRY_SECONDS,
    }
  }
  if (error instanceof URIError) return toPublicError('BAD_REQUEST', 'The address is not valid')
  if (error instanceof TRPCError && error.code !== 'INTERNAL_SERVER_ERROR') {
    if (error.cause instanceof ZodError) return toPublicError(error.code, fieldMessages(error.cause))
    // The parser's own message quotes what it was given.
    if (error.cause instanceof SyntaxError) return toPublicError('BAD_REQUEST', 'The input is not valid JSON')
    return { ...toPublicError(error.code, error.message), reason: reasonOf(error) }
  }
  return toPublicError('INTERNAL_SERVER_ERROR', 'Something went wrong')
}

/** The result of an attempt that failed with this error, for the audit. A failure of the server refuses nobody. */
export function auditResult(error: unknown): 'refused' | 'unavailable' {
  return publicError(error).status >= 500 ? 'unavailable' : 'refused'
}

/** An error body as a tRPC client reads it. */
export function trpcBody({ code, message, status }: PublicError): object {
  return { error: { message, code: TRPC_ERROR_CODES_BY_KEY[code], data: { code, httpStatus: status } } }
}

/** For an error that is not thrown. */
export function toPublicError(code: Code, message: string): PublicError {
  return { code, reason: null, message, status: getHTTPStatusCodeFromError(new TRPCError({ code })) }
}

export function fieldMessages(error: ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ')
}
