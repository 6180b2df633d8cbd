import { createExpressMiddleware } from '@trpc/server/adapters/express'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node'
import express, { type Express } from 'express'
import { createSessions } from './sessions.js'

export interface AppOptions {
  readonly redisUrl: string
  readonly baseURL: string
  readonly secret: string
}

export type AppRouter = Awaited<ReturnType<typeof createApp>>['router']

/** An application with a better-auth and a tRPC router of its own, in which the devices are one router of several. */
export async function createApp({ redisUrl, baseURL, secret }: AppOptions) {
  const database = memoryAdapter({ user: [], account: [], session: [], verification: [] }) // use your own
  const { auth, router, close } = await createSessions(redisUrl, {
    baseURL,
    secret,
    database,
    emailAndPassword: { enabled: true },
  })

  const app: Express = express()
  app.all('/api/auth/*rest', toNodeHandler(auth))
  app.use(
    '/trpc',
    createExpressMiddleware({ router, createContext: ({ req }) => ({ headers: fromNodeHeaders(req.headers) }) }),
  )
  return { app, router, close }
}
