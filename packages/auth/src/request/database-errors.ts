import type { DBAdapter, DBTransactionAdapter } from '@better-auth/core/db/adapter'
import type { GenericEndpointContext } from '@better-auth/core'
import { APIError, isAPIError } from 'better-auth/api'
import { type RequestState, requestState } from './request-state.js'
import { takesCode } from './sign-in-method.js'
import { currentTransaction } from './transaction.js'
import { undoWrites } from './undo-on-outage.js'

/** Codes with which the endpoints of passkeys answer every error alike, one of the database and one of the person. */
const AMBIGUOUS = new Set(['AUTHENTICATION_FAILED', 'FAILED_TO_VERIFY_REGISTRATION'])

/** The adapter, whose first error the request remembers. */
export function recordErrors(sql: DBTransactionAdapter): DBTransactionAdapter {
  return new Proxy(sql, {
    get(target, key): unknown {
      const value: unknown = Reflect.get(target, key)
      if (typeof value !== 'function') return value
      return async (...args: unknown[]): Promise<unknown> => {
        try {
          return await Reflect.apply(value, target, args)
        } catch (error) {
          await recordError(error)
          throw error
        }
      }
    },
  })
}

/** A transaction whose errors the request remembers, also those of its begin and its commit. */
export async function recordTransaction<T>(
  sql: DBAdapter,
  work: (trx: DBTransactionAdapter) => Promise<T>,
): Promise<T> {
  let failure: unknown
  const attempt = async (trx: DBTransactionAdapter): Promise<T> => {
    try {
      return await work(trx)
    } catch (error) {
      failure = error
      throw error
    }
  }
  try {
    return await sql.transaction((trx) => currentTransaction.run(trx, () => attempt(trx)))
  } catch (error) {
    if (error !== failure) await recordError(error)
    else if ((await requestState()).databaseError !== null) await undoWrites()
    throw error
  }
}

export async function recordError(error: unknown): Promise<void> {
  ;(await requestState()).databaseError ??= error instanceof Error ? error : new Error('The database failed')
  // No hook runs after an error that an endpoint throws as it is. Within a transaction, an undo would wait for its end.
  if (currentTransaction.getStore() === undefined) await undoWrites()
}

/**
 * Distinguishes the meanings of such an answer. `undefined` if the answer is right as it is.
 *
 * @throws The error of the database that the endpoint hides.
 */
export function unhideError(
  ctx: GenericEndpointContext,
  returned: unknown,
  { databaseError, isUndone }: RequestState,
): Response | undefined {
  if (databaseError !== null && isUndone) throw databaseError
  if (!isAPIError(returned)) return undefined
  const isAmbiguous = AMBIGUOUS.has(returned.body?.code ?? '')
  // An attempt that better-auth could not count is answered as if the sign-in were over.
  if (databaseError !== null && (isAmbiguous || takesCode(ctx) || returned.statusCode >= 500)) throw databaseError
  if (!isAmbiguous) return undefined
  if (returned.statusCode < 500) return undefined
  // The person sent something that is no passkey. An error thrown here would keep the status of the endpoint.
  if (ctx.request) return Response.json(returned.body, { status: 400 })
  throw new APIError('BAD_REQUEST', returned.body)
}
