import { cookieSessions, rollcall } from '@rollcall/auth'
import { createStreams } from '@rollcall/devices'
import { connectRedis, createSessionChanges, createSessionStore, redisOptions } from '@rollcall/session-store'
import { createDevicesRouter, createSessionProcedure, reasonOf } from '@rollcall/trpc'
import { initTRPC, TRPCError } from '@trpc/server'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { Redis } from 'ioredis'

export async function createSessions(redisUrl: string, options: BetterAuthOptions) {
  const redis = new Redis(redisUrl, { ...redisOptions, lazyConnect: true })
  redis.on('error', ({ message }) => console.warn(message)) // it connects again by itself
  await connectRedis(redis) // 7.0 or newer, with maxmemory-policy noeviction
  const store = createSessionStore({ redis })
  const auth = betterAuth({ ...options, plugins: [...(options.plugins ?? []), rollcall({ store })] }) // last
  const { authenticate } = await cookieSessions(auth, store)
  const changes = createSessionChanges({ redis })
  const streams = createStreams({ store, changes })
  const t = initTRPC.context<{ headers: Headers }>().create({
    sse: { ping: { enabled: true, intervalMs: 10_000 }, client: { reconnectAfterInactivityMs: 25_000 } }, // else a dead connection looks live
    errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, reason: reasonOf(error) } }),
  })
  const withSession = createSessionProcedure(({ headers }: { headers: Headers }, call) => {
    if (headers.get('sec-fetch-site') === 'same-site') throw new TRPCError({ code: 'FORBIDDEN' }) // SameSite=Lax allows it
    return authenticate(headers, call)
  })
  const procedure = t.procedure.concat(withSession)
  const router = t.router({
    devices: createDevicesRouter({ store, streams, procedure }),
    greeting: procedure.query(({ ctx }) => `Hello, ${ctx.session.userId}`), // yours, for people who are signed in
  })
  const close = () => [streams.close(), changes.close(), redis.disconnect()]
  return { auth, router, close }
}
