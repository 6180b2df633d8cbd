import { createServer, type IncomingMessage } from 'node:http'
import {
  connectRedis,
  createSessionStore,
  redisOptions,
  type SessionStore,
  SessionStoreUnavailableError,
} from '@rollcall/session-store'
import { Redis } from 'ioredis'

const COOKIE = 'session'
const attributes = 'Path=/; HttpOnly; SameSite=Lax' // add Secure behind TLS

interface Reply {
  readonly status: number
  readonly body?: unknown
  readonly cookie?: string
}

/**
 * The store with a cookie of one's own.
 *
 * @returns a function that closes the application.
 */
export async function listen(port: number, redisUrl: string) {
  const redis = new Redis(redisUrl, { ...redisOptions, lazyConnect: true })
  redis.on('error', ({ message }) => console.warn(message)) // it connects again by itself
  await connectRedis(redis)
  const store = createSessionStore({ redis })
  const server = createServer((request, response) => {
    void answer(store, request)
      .catch(failure)
      .then(({ status, body = null, cookie }) => {
        if (cookie !== undefined) response.setHeader('set-cookie', `${COOKIE}=${cookie}; ${attributes}`)
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      })
  }).listen(port)
  return () => [redis.disconnect(), server.close(), server.closeAllConnections()]
}

async function answer(store: SessionStore, request: IncomingMessage): Promise<Reply> {
  // SameSite=Lax does not stop a form of another origin of your own site.
  if (request.method === 'POST' && request.headers['sec-fetch-site'] === 'same-site') return { status: 403 }
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
  const route = `${request.method} ${pathname}`
  if (route === 'POST /sign-in') {
    const startedAt = await store.time()
    // Check a password here. The user id is in the query only to keep this short.
    const signedIn = await store.create({
      userId: searchParams.get('user') ?? '',
      userAgent: request.headers['user-agent'] ?? null,
      startedAt,
    })
    return signedIn === null ? { status: 409 } : { status: 200, cookie: signedIn.token }
  }

  const token = /(?:^|; )session=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
  const session = await store.validate(token)
  if (session === null) return { status: 401 }
  await store.touch(session).catch(() => undefined) // the last use alone: a full Redis refuses it, and the session is valid
  if (route === 'GET /devices') {
    const sessions = await store.list(session.userId)
    return {
      status: 200,
      body: sessions.map(({ id, userAgent }) => ({ id, userAgent, isCurrent: id === session.id })),
    }
  }
  if (route === 'POST /revoke') {
    return { status: 200, body: { revoked: await store.revoke(session.userId, searchParams.get('id') ?? '') } }
  }
  return { status: 404 }
}

/** An outage is no sign-out: 503, and no cookie is cleared. */
function failure(error: unknown): Reply {
  return { status: error instanceof SessionStoreUnavailableError ? 503 : 500 }
}
