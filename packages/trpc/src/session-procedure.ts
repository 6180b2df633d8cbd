import { type Session, SessionStoreUnavailableError } from '@rollcall/session-store'
import { initTRPC, TRPCError, type TRPCProcedureBuilder, type TRPCUnsetMarker } from '@trpc/server'

/** The session and the token of a request. It is a type, not an interface, because tRPC needs an index signature. */
export type SignedIn = { readonly session: Session; readonly token: string }

/** A procedure of any application that gives `session` and `token`. */
export type SessionProcedure<Context, Meta> = TRPCProcedureBuilder<
  Context,
  Meta,
  SignedIn,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  false
>

/** One message for every way of not being signed in. */
export function unauthorized(): TRPCError {
  return new TRPCError({ code: 'UNAUTHORIZED', message: 'Please sign in' })
}

/** `null` for what is none. An application may have wrapped it. */
function unavailableErrorFor(error: unknown): TRPCError | null {
  const cause = error instanceof TRPCError ? error.cause : error
  if (!(cause instanceof SessionStoreUnavailableError)) return null
  return new TRPCError({
    code: 'SERVICE_UNAVAILABLE',
    message: 'This does not work at the moment. Please try again.',
    cause,
  })
}

/**
 * The part of a procedure that validates the session, again for each call. So no call passes after another call of the same
 * batch has revoked the session. Join it to a procedure of your application:
 *
 * ```ts
 * const sessionProcedure = t.procedure.concat(createSessionProcedure(authenticate))
 * ```
 *
 * It gives `session` and `token`, or answers UNAUTHORIZED. Here and in what follows, an outage of the store
 * is SERVICE_UNAVAILABLE.
 *
 * @param authenticate Gets the context of the request, whether the call counts as a use, and whether to ask Redis.
 *   Only a query may be answered by a near-cache of the store.
 */
export function createSessionProcedure<Context extends object>(
  authenticate: (
    context: Context,
    options: { readonly touch: boolean; readonly strict: boolean },
  ) => Promise<SignedIn | null>,
) {
  return initTRPC
    .context<Context>()
    .create()
    .procedure.use(async ({ ctx, type, next }) => {
      let signedIn: SignedIn | null
      try {
        // A stream is opened again by the browser itself, so it is no use by the person.
        // The cast: nothing has been added to the context yet, which the type leaves open.
        signedIn = await authenticate(ctx as unknown as Context, {
          touch: type !== 'subscription',
          strict: type !== 'query',
        })
      } catch (error) {
        throw unavailableErrorFor(error) ?? error
      }
      if (signedIn === null) throw unauthorized()
      const result = await next({ ctx: signedIn })
      const unavailable = result.ok ? null : unavailableErrorFor(result.error)
      if (unavailable !== null) throw unavailable
      return result
    })
}
