import type { CookieSessions } from '@rollcall/auth'
import type { Streams } from '@rollcall/devices'
import type { SessionStore } from '@rollcall/session-store'
import { createDevicesRouter, createSessionProcedure, reasonOf } from '@rollcall/trpc'
import { initTRPC } from '@trpc/server'

interface Context {
  readonly headers: Headers
}

const t = initTRPC.context<Context>().create({
  sse: { ping: { enabled: true, intervalMs: 10_000 }, client: { reconnectAfterInactivityMs: 25_000 } }, // else a dead connection looks live
  errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, reason: reasonOf(error) } }),
})

/** `authenticate` reads the cookie: that of `@rollcall/auth`, or your own. */
export function createRouter({ authenticate }: CookieSessions, store: SessionStore, streams: Streams) {
  const withSession = createSessionProcedure((ctx: Context, call) => authenticate(ctx.headers, call))
  const procedure = t.procedure.concat(withSession)
  return t.router({ devices: createDevicesRouter({ store, streams, procedure }) })
}
