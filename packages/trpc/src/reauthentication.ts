import type { TRPCError } from '@trpc/server'

/** Signed in, but too long ago for what was asked: the password must be given again. */
export class ReauthenticationRequiredError extends Error {
  override readonly name = 'ReauthenticationRequiredError'
}

/** Why a code that can mean several things was given, where the page goes on differently. */
export type Reason = 'REAUTHENTICATE'

/** For the `data` of an error, where pages look for it: `errorFormatter` puts it there. */
export function reasonOf(error: TRPCError): Reason | null {
  return error.cause instanceof ReauthenticationRequiredError ? 'REAUTHENTICATE' : null
}
