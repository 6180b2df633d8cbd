import { InvalidFilterError, OperationStateError, UnknownOperationError } from '@rollcall/admin'
import { TRPCError } from '@trpc/server'
import { UnknownUserError } from '../../accounts/people/users.js'

const wrongInputs = [InvalidFilterError, OperationStateError, UnknownUserError]

/** Translates what the work of an administrator fails with, if it is their own fault. */
export function administrationError(error: TRPCError): TRPCError {
  const { cause } = error
  if (cause instanceof UnknownOperationError) return new TRPCError({ code: 'NOT_FOUND', message: cause.message })
  return cause !== undefined && wrongInputs.some((type) => cause instanceof type)
    ? new TRPCError({ code: 'BAD_REQUEST', message: cause.message })
    : error
}

export function unknownPerson(): TRPCError {
  return new TRPCError({ code: 'NOT_FOUND', message: 'There is no such person' })
}
