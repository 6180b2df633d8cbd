import type { Session } from '@rollcall/session-store'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { describeDevice } from '../device-name.js'
import { revocationProcedure, router, sessionProcedure, unauthorized } from '../trpc.js'

export const devicesRouter = router({
  list: sessionProcedure.query(async ({ ctx: { store, session } }) => {
    const sessions = await store.list(session.userId) // latest seen first
    const devices = sessions.map((listed) => toDevice(listed, session.id))
    return devices.toSorted((a, b) => Number(b.isCurrent) - Number(a.isCurrent))
  }),

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

function toDevice(session: Session, currentId: string) {
  const { browser, os, kind } = describeDevice({ userAgent: session.userAgent, hints: hintsOf(session.data) })
  return {
    id: session.id,
    isCurrent: session.id === currentId,
    browser,
    os,
    kind,
    ipAddress: session.ipAddress,
    createdAt: session.createdAt.toISOString(),
    lastSeenAt: session.lastSeenAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
  }
}

/** As the auth package kept them at sign-in. */
function hintsOf({ clientHints }: Session['data']): Record<string, string> {
  if (typeof clientHints !== 'object' || clientHints === null) return {}
  return Object.fromEntries(Object.entries(clientHints).filter((hint): hint is [string, string] => typeof hint[1] === 'string'))
}
