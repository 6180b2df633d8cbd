import { createExpressMiddleware } from '@trpc/server/adapters/express'
import { fromNodeHeaders, toNodeHandler } from 'better-auth/node'
import express from 'express'
import { authOptions } from './options.ts'
import { createSessions } from './sessions.ts'

/** @returns a function that closes the application. */
export async function listen(port: number, redisUrl: string) {
  const { auth, router, close } = await createSessions(redisUrl, authOptions(`http://localhost:${port}`))
  const app = express()
  app.all('/api/auth/*rest', toNodeHandler(auth)) // in front of express.json(), which would read the body first
  app.use(
    '/trpc',
    createExpressMiddleware({ router, createContext: ({ req }) => ({ headers: fromNodeHeaders(req.headers) }) }),
  )
  const server = app.listen(port)
  return () => [close(), server.close(), server.closeAllConnections()]
}
