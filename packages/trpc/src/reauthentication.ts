import type { Session } from '@rollcall/session-store'
import { TRPCError } from '@trpc/server'

/** Signed in, but the latest proof is too old for what was asked. */
export class ReauthenticationRequiredError extends Error {
  override readonly name = 'ReauthenticationRequiredError'
}

/** Why a code that can mean several things was given, where the page goes on differently. */
export type Reason = 'REAUTHENTICATE'

/** For the `data` of an error, where pages look for it: `errorFormatter` puts it there. */
export function reasonOf(error: TRPCError): Reason | null {
  return error.cause instanceof ReauthenticationRequiredError ? 'REAUTHENTICATE' : null
}

/** Whether a proof at this time is recent enough for what a borrowed or stolen session must not do. */
export type IsRecent = (authenticatedAt: Date) => boolean

/** @throws {TRPCError} FORBIDDEN with the reason REAUTHENTICATE. */
export function requireRecentProof({ authenticatedAt }: Session, isRecent: IsRecent): void {
  if (isRecent(authenticatedAt)) return
  throw new TRPCError({
    code: 'FORBIDDEN',
    message: 'Please prove again who you are',
    cause: new ReauthenticationRequiredError(),
  })
}
