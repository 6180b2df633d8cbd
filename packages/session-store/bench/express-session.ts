import { createHmac } from 'node:crypto'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { RedisStore } from 'connect-redis'
import session from 'express-session'
import type { Redis } from 'ioredis'

declare module 'express-session' {
  interface SessionData {
    userId: string
    ipAddress: string
    userAgent: string
  }
}

const secret = 'a secret for benches, of some length'

type Request = Parameters<RequestHandler>[0]
type RequestHandler = ReturnType<typeof session>

/** Express-session with connect-redis: what its middleware does before the next one has its turn. */
export function startExpressSession(redis: Redis) {
  const store = new RedisStore({ client: redis })
  const middleware = session({ store, secret, resave: false, saveUninitialized: false })
  const socket = new Socket()

  function handle(cookie?: string): Promise<Request> {
    const request = new IncomingMessage(socket) as Request // the middleware asks for no more
    request.url = request.originalUrl = '/'
    if (cookie !== undefined) request.headers.cookie = cookie
    const response = new ServerResponse(request) as Parameters<RequestHandler>[1]
    return new Promise((resolve, reject) =>
      middleware(request, response, (error: unknown) => (error ? reject(error) : resolve(request))),
    )
  }

  return {
    async signIn(data: { userId: string; ipAddress: string; userAgent: string }): Promise<string> {
      const { session } = await handle()
      Object.assign(session, data)
      await new Promise<void>((resolve, reject) =>
        session.save((error: unknown) => (error ? reject(error) : resolve())),
      )
      const signature = createHmac('sha256', secret).update(session.id).digest('base64').replace(/=+$/, '')
      return `connect.sid=${encodeURIComponent(`s:${session.id}.${signature}`)}`
    },

    userOf: async (cookie: string): Promise<string | undefined> => (await handle(cookie)).session.userId,
  }
}
