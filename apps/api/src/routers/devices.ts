import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { asSeenBy, listDevices } from '../device-list.js'
import { revocationProcedure, router, sessionProcedure, unauthorized } from '../trpc.js'

export const devicesRouter = router({
  list: sessionProcedure.query(async ({ ctx }) => asSeenBy(ctx.session.id, await listDevices(ctx, ctx.session.userId))),

  /** The devices now and after every change, until the session ends: then who ended it. */
  changes: sessionProcedure.subscription(({ ctx: { streams, session, token }, signal }) => streams.open({ session, token }, signal)),

  revoke: revocationProcedure('revoke')
    .input(z.object({ id: z.string().min(1).max(64) }))
    .mutation(async ({ ctx: { store, session, trail }, input: { id } }) => {
      if (id === session.id) {
        throw new TRPCError({ code: 'BAD_REQUEST', message: 'This is the device in use. Sign out instead.' })
      }
      trail.sessionId = id
      const revoked = await store.revoke(session.userId, id, { by: session.id })
      trail.ended = revoked
      return { revoked }
    }),

  revokeOthers: revocationProcedure('revoke-others').mutation(async ({ ctx: { store, token, trail } }) => {
    const revoked = await store.revokeOthers(token)
    // Ended since it was validated: then it has no say over the others any more.
    if (revoked === null) throw unauthorized()
    trail.ended = revoked
    return { revoked }
  }),

  revokeAll: revocationProcedure('revoke-all').mutation(async ({ ctx }) => {
    const revoked = await ctx.store.revokeAll(ctx.session.userId, { by: ctx.session.id })
    ctx.trail.ended = revoked
    for (const cookie of ctx.auth.expiredCookies()) ctx.responseHeaders.append('set-cookie', cookie)
    return { revoked }
  }),
})
