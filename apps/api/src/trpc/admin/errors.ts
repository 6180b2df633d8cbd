import { InvalidFilterError, OperationStateError, UnknownOperationError } from '@rollcall/admin'
import { MovingSlotsError, SessionStoreUnavailableError } from '@rollcall/session-store'
import { TRPCError } from '@trpc/server'
import { UnknownUserError } from '../../accounts/users.js'
import { RateLimitedError, storeOrDatabaseFailed } from '../../errors.js'

const wrongInputs = [InvalidFilterError, OperationStateError, UnknownUserError]

/** Translates what the work of an administrator fails with. An error that is neither theirs nor the store's is the database's. */
export function administrationFailed(error: unknown): never {
  if (error instanceof TRPCError || error instanceof RateLimitedError) throw error
  if (error instanceof UnknownOperationError) throw new TRPCError({ code: 'NOT_FOUND', message: error.message })
  if (wrongInputs.some((type) => error instanceof type) && error instanceof Error)
    throw new TRPCError({ code: 'BAD_REQUEST', message: error.message })
  if (error instanceof MovingSlotsError) throw new SessionStoreUnavailableError(error)
  return storeOrDatabaseFailed(error)
}

export function unknownPerson(): TRPCError {
  return new TRPCError({ code: 'NOT_FOUND', message: 'There is no such person' })
}
