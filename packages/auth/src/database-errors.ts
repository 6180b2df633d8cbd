import type { DBTransactionAdapter } from '@better-auth/core/db/adapter'
import type { GenericEndpointContext } from '@better-auth/core'
import { APIError } from 'better-auth/api'
import { type RequestState, requestState } from './request-state.js'

/** Codes with which the endpoints of passkeys answer every error alike, one of the database and one of the person. */
const AMBIGUOUS = new Set(['AUTHENTICATION_FAILED', 'FAILED_TO_VERIFY_REGISTRATION'])

/** The adapter; the request remembers its first error. */
export function recordErrors(sql: DBTransactionAdapter): DBTransactionAdapter {
  return new Proxy(sql, {
    get(target, key): unknown {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]): Promise<unknown> => {
        try {
          return await Reflect.apply(value, target, args)
        } catch (error) {
          ;(await requestState()).databaseError ??= error instanceof Error ? error : new Error('The database failed')
          throw error
        }
      }
    },
  })
}

/**
 * Distinguishes the meanings of such an answer. `undefined` if the answer is right as it is.
 *
 * @throws the error of the database that the endpoint hides.
 */
export function unhideError(
  ctx: GenericEndpointContext,
  returned: unknown,
  { databaseError }: RequestState,
): Response | undefined {
  if (!(returned instanceof APIError) || !AMBIGUOUS.has(returned.body?.code ?? '')) return undefined
  if (databaseError !== null) throw databaseError
  if (returned.statusCode < 500) return undefined
  // The person sent something that is no passkey. An error thrown here would keep the status of the endpoint.
  if (ctx.request) return Response.json(returned.body, { status: 400 })
  throw new APIError('BAD_REQUEST', returned.body)
}
