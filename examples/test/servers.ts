import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { serve } from '@hono/node-server'
import { freePort } from '@rollcall/dev-redis'
import { listen as express } from '../express.ts'
import { listen as fastify } from '../fastify.ts'
import { listen as hono } from '../hono.ts'

const folder = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url))

export interface Server {
  readonly name: string
  readonly origin: string
  /** The path of tRPC. */
  readonly trpc: string
  readonly close: () => unknown
}

/** An application of each framework, on one Redis. */
export async function startServers(redisUrl: string): Promise<Server[]> {
  const starts = Object.entries({ express, hono, fastify }).map(async ([name, listen]) => {
    const port = await freePort()
    const close = await listen(port, redisUrl)
    const origin = `http://localhost:${port}`
    return { name, origin, trpc: `${origin}/trpc`, close }
  })
  return Promise.all([...starts, startNext(redisUrl)])
}

/** Whether the application of Next is built: that is left to `npm run check:packages`. */
export const isNextBuilt = existsSync(folder('next/.next/BUILD_ID'))

/** The built application if there is one, and otherwise its route handlers alone. */
export async function startNext(redisUrl: string): Promise<Server> {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const env = { ...process.env, REDIS_URL: redisUrl, BASE_URL: origin }
  const server = { name: 'next', origin, trpc: `${origin}/api/trpc` }
  if (!isNextBuilt) {
    Object.assign(process.env, env)
    const [auth, trpc, { getSessions }] = await Promise.all([
      import('../next/app/api/auth/[...all]/route.ts'),
      import('../next/app/api/trpc/[trpc]/route.ts'),
      import('../next/sessions.ts'),
    ])
    const fetch = (request: Request) => {
      const { GET, POST } = new URL(request.url).pathname.startsWith('/api/auth/') ? auth : trpc
      return request.method === 'GET' ? GET(request) : POST(request)
    }
    const http = serve({ fetch, port })
    return { ...server, close: async () => [(await getSessions()).close(), http.close()] }
  }
  const child = spawn(
    process.execPath,
    [folder('node_modules/next/dist/bin/next'), 'start', 'next', '-p', String(port)],
    {
      cwd: folder('.'),
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (data) => String(data).includes('Ready') && resolve())
    child.once('exit', () => reject(new Error('next start ended')))
  })
  return { ...server, close: () => child.kill() }
}
