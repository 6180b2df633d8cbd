import { SessionStoreUnavailableError } from '@rollcall/session-store'
import { APIError } from 'better-auth/api'
import { requestState } from './request-state.js'

/** Records an outage in the state of the request, even if better-auth ignores it. */
export async function rejectUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof SessionStoreUnavailableError)) throw error
    return rejectAsUnavailable(error)
  }
}

export async function rejectAsUnavailable(cause: unknown): Promise<never> {
  ;(await requestState()).outage = true
  throw unavailableError(cause)
}

export function unavailableError(cause?: unknown): APIError {
  const error = new APIError('SERVICE_UNAVAILABLE', {
    code: 'SESSION_STORE_UNAVAILABLE',
    message: 'Sign-in is temporarily unavailable. Please try again.',
  })
  error.cause = cause
  return error
}

/**
 * For an endpoint that is about to use up a code of somebody else's. Nobody can sign in if Redis gave the request no time.
 *
 * @throws {APIError} 503.
 */
export async function rejectWithoutTime(): Promise<void> {
  await rejectUnavailable(async () => (await requestState()).startedAt)
}

/** better-auth takes a session that it could not look up for none, and its person for a stranger. */
export async function rejectFailedLookUp(): Promise<void> {
  const { outage, databaseError } = await requestState()
  if (outage) throw unavailableError()
  if (databaseError !== null) throw databaseError
}
