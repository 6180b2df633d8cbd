import { cookieSessions, rollcall } from '@rollcall/auth'
import { checkRedis, createSessionChanges, createSessionStore, redisOptions } from '@rollcall/session-store'
import { createDevicesRouter, createSessionProcedure, createStreams, reasonOf } from '@rollcall/trpc'
import { initTRPC } from '@trpc/server'
import { createExpressMiddleware } from '@trpc/server/adapters/express'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node'
import express, { type Express } from 'express'
import { Redis } from 'ioredis'

export interface AppOptions {
  readonly redisUrl: string
  readonly baseURL: string
  readonly secret: string
}

export type AppRouter = Awaited<ReturnType<typeof createApp>>['appRouter']

/** An application with a better-auth and a tRPC router of its own, in which the devices are one router of several. */
export async function createApp({ redisUrl, baseURL, secret }: AppOptions) {
  const redis = new Redis(redisUrl, { ...redisOptions, lazyConnect: true })
  redis.on('error', () => undefined) // told by every call that it fails
  await redis.connect()
  await checkRedis(redis)
  const store = createSessionStore({ redis })

  const database = memoryAdapter({ user: [], account: [], session: [], verification: [] }) // in earnest: yours
  const auth = betterAuth({
    baseURL,
    secret,
    database,
    emailAndPassword: { enabled: true },
    plugins: [rollcall({ store })], // after your other plugins; no secondaryStorage, no cookieCache, no session.expiresIn
  })

  const { authenticate } = await cookieSessions(auth, store)
  const changes = createSessionChanges({ redis })
  const streams = createStreams({ store, changes })

  const t = initTRPC.context<{ headers: Headers }>().create({
    errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, reason: reasonOf(error) } }),
  })
  const sessionProcedure = t.procedure.concat(createSessionProcedure(({ headers }: { headers: Headers }, options) => authenticate(headers, options)))
  const appRouter = t.router({
    devices: createDevicesRouter({ store, streams, procedure: sessionProcedure }),
    greeting: sessionProcedure.query(({ ctx }) => `Hello, ${ctx.session.userId}`),
  })

  const app: Express = express()
  app.all('/api/auth/*rest', toNodeHandler(auth))
  app.use('/trpc', createExpressMiddleware({ router: appRouter, createContext: ({ req }) => ({ headers: fromNodeHeaders(req.headers) }) }))

  const close = (): void => {
    streams.close()
    changes.close()
    redis.disconnect()
  }
  return { app, appRouter, close }
}
