import { startRedis } from '@rollcall/dev-redis'
import { createStreams } from '@rollcall/devices'
import { connectRedis, createSessionChanges, createSessionStore, redisOptions } from '@rollcall/session-store'
import { createDevicesRouter, createSessionProcedure, reasonOf } from '@rollcall/trpc'
import { initTRPC } from '@trpc/server'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { Redis } from 'ioredis'
import { network } from './network.js'

export type AppRouter = Awaited<ReturnType<typeof startApp>>['router']

interface AppOptions {
  isRecent?: () => boolean
  /** Milliseconds. A busy machine is no outage. */
  commandTimeout?: number
  /** Milliseconds between two heartbeats of a stream, and without any after which a page opens another. Default: none, as tRPC has it. */
  heartbeat?: { every: number; patience: number }
}

const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0'

/**
 * An application that mounts the devices under a name of its own, on a Redis of its own. A browser is signed in there.
 */
export async function startApp({ isRecent = () => true, commandTimeout = 10_000, heartbeat }: AppOptions = {}) {
  const server = await startRedis()
  const redis = new Redis(server.url, {
    ...redisOptions,
    commandTimeout,
    socketTimeout: commandTimeout,
    lazyConnect: true,
  })
  redis.on('error', () => undefined) // every call that it fails reports it
  await connectRedis(redis)
  const store = createSessionStore({ redis })
  const changes = createSessionChanges({ redis })
  const streams = createStreams({ store, changes, revalidateEvery: 200 })

  const t = initTRPC.context<{ token: string }>().create({
    ...(heartbeat && {
      sse: {
        ping: { enabled: true, intervalMs: heartbeat.every },
        client: { reconnectAfterInactivityMs: heartbeat.patience },
      },
    }),
    errorFormatter: ({ shape, error }) => ({ ...shape, data: { ...shape.data, reason: reasonOf(error) } }),
  })
  const authenticate = async ({ token }: { token: string }) => {
    const session = await store.validate(token)
    return session && { session, token }
  }
  const procedure = t.procedure.concat(createSessionProcedure(authenticate))
  const router = t.router({
    account: t.router({ gadgets: createDevicesRouter({ store, streams, procedure, isRecent }) }),
  })

  async function signIn(userAgent: string, userId = 'ada') {
    const signedIn = await store.create({ userId, userAgent })
    if (signedIn === null) throw new Error('The sign-in was refused')
    return { token: signedIn.token, id: signedIn.session.id }
  }

  const here = await signIn(firefox)
  /** The cookies of the next streams, one each, as if each stream were opened just before a new secret. Then the browser's own. */
  const nextTokens: string[] = []
  let late: string | undefined
  network.answer = async (request) => {
    if (request.url.includes('changes')) late = nextTokens.shift()
    const token = late ?? here.token
    return fetchRequestHandler({ endpoint: '/trpc', router, req: request, createContext: () => ({ token }) })
  }

  return {
    router,
    store,
    streams,
    here,
    signIn,
    nextTokens,
    pause: () => process.kill(server.pid, 'SIGSTOP'),
    resume: () => process.kill(server.pid, 'SIGCONT'),
    async [Symbol.asyncDispose]() {
      streams.close()
      changes.close()
      redis.disconnect()
      await server.stop()
    },
  }
}
