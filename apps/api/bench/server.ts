// Started by http.ts: one query, behind four ways of knowing who asks, on the server's own middleware.
import { createAdaptorServer } from '@hono/node-server'
import { trpcServer } from '@hono/trpc-server'
import { type Auth, createAuth, openDatabase } from '@rollcall/auth'
import { startBetterAuth } from '@rollcall/dev-bench'
import { createSessionStore, redisOptions } from '@rollcall/session-store'
import { initTRPC, TRPCError } from '@trpc/server'
import { Hono } from 'hono'
import { requestId } from 'hono/request-id'
import { Redis } from 'ioredis'
import { createHmac } from 'node:crypto'
import type { Server } from 'node:http'
import { clientAddressOf } from '../src/client-address.js'
import { noStore, securityHeaders } from '../src/headers.js'
import { type Http, limitBody } from '../src/http.js'
import { createLog } from '../src/log.js'
import { sameOrigin } from '../src/origin.js'
import { requestLog } from '../src/request-log.js'

const SECRET = 'a secret for benches, of some length'
const USERS = 1_000
const device = {
  ipAddress: '203.0.113.9',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
}
const baseUrl = 'http://localhost'
process.once('disconnect', () => process.exit()) // however the bench ends
const [redisUrl = '', dataDir = ''] = process.argv.slice(2)

const redis = new Redis(redisUrl, { ...redisOptions, commandTimeout: 30_000, socketTimeout: 30_000, lazyConnect: true })
await redis.connect()
const store = createSessionStore({ redis })
const database = openDatabase({ dataDir })
const auth: Auth = await createAuth({ store, database, baseUrl, secrets: [SECRET], audit: () => undefined, sendResetPassword: async () => undefined, sendNewDevice: async () => undefined })
const stock = await startBetterAuth(redis)

// All cookies in one header: whichever procedure is asked finds its own.
const cookies: string[] = []
for (const [n, userId] of (await stock.createUsers(USERS)).entries()) {
  const created = await store.create({ userId, ...device })
  const token = created?.token ?? ''
  const signature = createHmac('sha256', SECRET).update(token).digest('base64')
  const theirs = (await stock.signIn(userId, device)).get('cookie')
  await redis.set(`raw:${n}`, Buffer.alloc(200, 'x'))
  cookies.push(`rollcall.session_token=${encodeURIComponent(`${token}.${signature}`)}; ${theirs}; n=${n}`)
}

interface Context {
  readonly headers: Headers
}
const t = initTRPC.context<Context & Record<string, unknown>>().create({ isDev: false })
async function signedIn(found: Promise<unknown>): Promise<void> {
  if (!(await found)) throw new TRPCError({ code: 'UNAUTHORIZED' })
}
const behind = (find: (headers: Headers) => Promise<unknown>) =>
  t.procedure
    .use(async ({ ctx, next }) => {
      await signedIn(find(ctx.headers))
      return next()
    })
    .query(() => ({ ok: true }))
const router = t.router({
  unprotected: t.procedure.query(() => ({ ok: true })),
  get: behind((headers) => redis.get(`raw:${/ n=(\d+)$/.exec(headers.get('cookie') ?? '')?.[1]}`)),
  rollcall: behind((headers) => auth.authenticate(headers)),
  betterAuth: behind((headers) => stock.getSession(headers)),
})

const app = new Hono<Http>()
const log = createLog({ write: () => undefined })
app.use(
  requestId(),
  requestLog({ log, clientAddressOf: clientAddressOf([]), quiet: false }),
  securityHeaders(baseUrl),
  noStore,
  limitBody(64 * 1024),
  sameOrigin(baseUrl),
)
app.use('/trpc/*', trpcServer({ endpoint: '/trpc', router, createContext: ({ req }) => ({ headers: req.headers }) }))
const server = createAdaptorServer({ fetch: app.fetch }) as Server // without the option createServer it is node:http's
server.listen(0, '127.0.0.1', () => process.send?.({ address: server.address(), cookies }))
process.on('message', () => process.send?.(process.cpuUsage()))
