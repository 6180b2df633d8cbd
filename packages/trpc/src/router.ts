import { asSeenBy, type StreamMessage, type Streams, TooManyStreamsError } from '@rollcall/devices'
import { MAX_REVOKED_IDS, PROOF_LIFE_MS, type SessionStore } from '@rollcall/session-store'
import { initTRPC, TRPCError } from '@trpc/server'
import { z } from 'zod'
import { type IsRecent, requireRecentProof } from './reauthentication.js'
import { type SessionProcedure, unauthorized } from './session-procedure.js'

/** A procedure that revokes sessions. */
export type RevocationName = 'revoke' | 'revoke-many' | 'revoke-others' | 'revoke-all'

export interface DevicesRouterOptions<Context = object, Meta = object> {
  /** The store that holds the sessions. */
  readonly store: SessionStore
  /** The live lists, from `createStreams`. */
  readonly streams: Streams
  /** Your procedure, joined with `createSessionProcedure`. */
  readonly procedure: SessionProcedure<Context, Meta>
  /** The same for each procedure that revokes sessions, for example with limits and an audit. Default: `procedure`. */
  readonly revocation?: (name: RevocationName) => SessionProcedure<Context, Meta>
  /** Whether a proof at this time is recent enough to revoke other devices. Default: for 15 minutes, by the store's clock. */
  readonly isRecent?: IsRecent
}

export type DevicesRouter = ReturnType<typeof createDevicesRouter>

const sessionId = z.string().min(1).max(64)
export const revokeInput = z.object({ id: sessionId })
const revokeManyInput = z.object({ ids: z.array(sessionId).min(1).max(MAX_REVOKED_IDS) })

/** For any place in any tRPC router: what the root says of errors and transformers holds here too. */
export function createDevicesRouter<Context, Meta>({
  store,
  streams,
  procedure: given,
  revocation = () => given,
  isRecent = (authenticatedAt) => store.clock() - authenticatedAt.getTime() < PROOF_LIFE_MS,
}: DevicesRouterOptions<Context, Meta>) {
  // The rest of the application's context is of no use here, and hides `session` and `token` from the compiler.
  const plain = (one: SessionProcedure<Context, Meta>) => one as unknown as SessionProcedure<object, object>
  const procedure = plain(given)
  const withRecentProof = (name: RevocationName) =>
    plain(revocation(name)).use(({ ctx, next }) => {
      requireRecentProof(ctx.session, isRecent)
      return next()
    })

  return initTRPC.create().router({
    list: procedure.query(async ({ ctx: { session } }) => asSeenBy(session.id, await streams.list(session.userId))),

    /** The devices now and after every change, until the session ends: then who revoked it. */
    changes: procedure.subscription(({ ctx: { session, token }, signal }) =>
      withTrpcErrors(streams.open({ session, token }, signal)),
    ),

    revoke: withRecentProof('revoke')
      .input(revokeInput)
      .mutation(async ({ ctx: { session }, input: { id } }) => {
        if (id === session.id) throw currentSessionNamed()
        return { revoked: await store.revoke(session.userId, id, { by: session.id }) }
      }),

    /** One step of the store: all of them, or none. */
    revokeMany: withRecentProof('revoke-many')
      .input(revokeManyInput)
      .mutation(async ({ ctx: { session }, input: { ids } }) => {
        if (ids.includes(session.id)) throw currentSessionNamed()
        return { revoked: await store.revokeMany(session.userId, ids, { by: session.id }) }
      }),

    revokeOthers: withRecentProof('revoke-others').mutation(async ({ ctx: { token } }) => {
      const revoked = await store.revokeOthers(token)
      // It was revoked since it was validated, so it may not revoke others.
      if (revoked === null) throw unauthorized()
      return { revoked }
    }),

    revokeAll: withRecentProof('revoke-all').mutation(async ({ ctx: { session } }) => {
      return { revoked: await store.revokeAll(session.userId, { by: session.id }) }
    }),
  })
}

function currentSessionNamed(): TRPCError {
  return new TRPCError({ code: 'BAD_REQUEST', message: 'This is the device in use. Sign out instead.' })
}

async function* withTrpcErrors(messages: AsyncGenerator<StreamMessage, void>): AsyncGenerator<StreamMessage, void> {
  try {
    yield* messages
  } catch (error) {
    if (error instanceof TooManyStreamsError) throw new TRPCError({ code: 'TOO_MANY_REQUESTS', message: error.message })
    throw error
  }
}
