import { serve } from '@hono/node-server'
import { trpcServer } from '@hono/trpc-server'
import { Hono } from 'hono'
import { authOptions } from './options.ts'
import { createSessions } from './sessions.ts'

/** @returns a function that closes the application. */
export async function listen(port: number, redisUrl: string) {
  const { auth, router, close } = await createSessions(redisUrl, authOptions(`http://localhost:${port}`))
  const app = new Hono()
  app.on(['GET', 'POST'], '/api/auth/*', ({ req }) => auth.handler(req.raw))
  app.use('/trpc/*', trpcServer({ router, createContext: (_, { req }) => ({ headers: req.raw.headers }) }))
  const server = serve({ fetch: app.fetch, port })
  return () => [close(), server.close()]
}
