import { ReauthenticationRequiredError } from '@rollcall/trpc'
import type { Session } from '@rollcall/session-store'
import { TRPCError } from '@trpc/server'

/** Whether a proof at this time is recent enough for what a borrowed or stolen session must not do. */
export type IsRecent = (authenticatedAt: Date) => boolean

/** @throws {TRPCError} FORBIDDEN with the reason REAUTHENTICATE. */
export function requireRecentProof({ authenticatedAt }: Session, isRecent: IsRecent): void {
  if (isRecent(authenticatedAt)) return
  throw new TRPCError({
    code: 'FORBIDDEN',
    message: 'Please confirm again who you are',
    cause: new ReauthenticationRequiredError(),
  })
}
