import { createSessionStore } from '@rollcall/session-store'
import { ExpressStore, type ExpressUser } from '@rollcall/session-store/express'
import express, { type Express } from 'express'
import session from 'express-session'
import type { Redis } from 'ioredis'

declare module 'express-session' {
  interface SessionData {
    user: ExpressUser
  }
}

export function createApp(redis: Redis, secret: string): Express {
  const options = { redis } // clock, timeouts and keyPrefix too
  const sessions = createSessionStore(options)
  const store = new ExpressStore({ ...options, store: sessions, userOf: ({ user }) => user ?? { userId: null } })
  const app = express()
  app.use(
    session({ store, secret, resave: false, saveUninitialized: false, cookie: { httpOnly: true, sameSite: 'lax' } }),
  )

  app.post('/sign-in', (request, response, next) => {
    const user = { userId: 'ada', userAgent: request.get('user-agent') ?? null, ipAddress: request.ip ?? null }
    const signIn = (startedAt: Date) =>
      request.session.regenerate((failure: unknown) => {
        if (failure) return next(failure)
        request.session.user = { ...user, startedAt }
        request.session.save((error: unknown) => (error ? next(error) : response.sendStatus(204)))
      })
    sessions.time().then(signIn, next) // check the password in between
  })
  app.post('/sign-out-everywhere', ({ session: { user } }, response, next) => {
    const revoked = user?.userId ? sessions.revokeAll(user.userId) : Promise.resolve(0)
    revoked.then(() => response.sendStatus(204), next)
  })
  return app
}
