// Started by http.ts: one query, behind several ways of knowing who asks, on tRPC alone and on the middleware of the API.
import { createHmac } from 'node:crypto'
import type { Server } from 'node:http'
import { startBetterAuth } from '@rollcall/dev-bench'
import { connectRedis, createSessionStore, redisOptions, type SessionStore } from '@rollcall/session-store'
import { createSessionProcedure, unauthorized } from '@rollcall/trpc'
import { createAdaptorServer } from '@hono/node-server'
import { trpcServer } from '@hono/trpc-server'
import { initTRPC } from '@trpc/server'
import { Hono } from 'hono'
import { requestId } from 'hono/request-id'
import { Redis } from 'ioredis'
import { type Auth, createAuth } from '../src/accounts/auth.js'
import { openDatabase } from '../src/accounts/database/database.js'
import { clientAddressOf } from '../src/client/client-address.js'
import { fixedHeaders } from '../src/http/headers.js'
import { type HttpEnv, limitBody } from '../src/http/http.js'
import { createMetrics } from '../src/metrics/metrics.js'
import { observeCommands, observeStore } from '../src/metrics/observe.js'
import { sameOrigin } from '../src/http/origin.js'
import { requestLog } from '../src/http/request-log.js'
import { createLog } from '../src/log.js'
import { rejectUnsupportedRequests } from '../src/http/trpc-route.js'

const SECRET = 'a secret for benches, of some length'
const USERS = 100
const device = {
  ipAddress: '203.0.113.9',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
}
const baseUrl = 'http://localhost'
process.once('disconnect', () => process.exit()) // however the bench ends
const [redisUrl = '', dataDir = ''] = process.argv.slice(2)

const connect = (): Promise<Redis> =>
  connectRedis(
    new Redis(redisUrl, { ...redisOptions, commandTimeout: 30_000, socketTimeout: 30_000, lazyConnect: true }),
  )
const redis = await connect()
const metrics = createMetrics()
const observedRedis = await connect()
observeCommands(observedRedis, metrics)
const database = openDatabase({ dataDir })
const store = createSessionStore({ redis })
const ours = await authOn(store)
const observed = await authOn(observeStore(createSessionStore({ redis: observedRedis }), metrics))
const twin = await authOn(createSessionStore({ redis: await connect() })) // as `observed` is, without metrics
const near = await authOn(createSessionStore({ redis, nearCache: {} }))
const stock = await startBetterAuth(redis)
const stockSql = await startBetterAuth()

function authOn(store: SessionStore): Promise<Auth> {
  const prepareNothing = async () => ({ release: async () => undefined })
  const nobody = {
    audit: () => undefined,
    requestReset: async () => undefined,
    notifyNewDevice: async () => undefined,
    accountMails: {
      prepareAccountDeleted: prepareNothing,
      preparePasswordRequired: prepareNothing,
      prepareEmailChange: prepareNothing,
      prepareEmailChanged: prepareNothing,
      requestPasswordChoice: async () => undefined,
      requestProofCode: async () => undefined,
    },
  }
  return createAuth({ store, database, baseUrl, secrets: [SECRET], ...nobody })
}

/** The cookies for each way; a request has one of them, and no more. */
const cookies: Record<'raw' | 'rollcall' | 'stock' | 'stockSql', string[]> = {
  raw: [],
  rollcall: [],
  stock: [],
  stockSql: [],
}
const sqlUsers = await stockSql.createUsers(USERS)
for (const [n, userId] of (await stock.createUsers(USERS)).entries()) {
  const { token = '' } = (await store.create({ userId, ...device })) ?? {}
  const signature = createHmac('sha256', SECRET).update(token).digest('base64')
  cookies.rollcall.push(`rollcall.session_token=${encodeURIComponent(`${token}.${signature}`)}`)
  cookies.stock.push((await stock.signIn(userId, device)).get('cookie') ?? '')
  cookies.stockSql.push((await stockSql.signIn(sqlUsers[n] ?? '', device)).get('cookie') ?? '')
  cookies.raw.push(`n=${n}`)
  await redis.set(`raw:${n}`, Buffer.alloc(200, 'x'))
}

type Context = { readonly headers: Headers }
const t = initTRPC.context<Context & Record<string, unknown>>().create({ isDev: false })
const behind = (find: (headers: Headers) => Promise<unknown>) =>
  t.procedure.use(async ({ ctx, next }) => {
    const found = await find(ctx.headers)
    if (!found) throw unauthorized()
    return next({ ctx: { found } })
  })
const signedIn = (auth: Auth) =>
  t.procedure.concat(createSessionProcedure(({ headers }: Context, options) => auth.authenticate(headers, options)))
const answer = () => ({ ok: true })
const router = t.router({
  get: behind((headers) => redis.get(`raw:${headers.get('cookie')?.slice(2)}`)).query(answer),
  unprotected: t.procedure.query(answer),
  rollcall: signedIn(ours).query(answer),
  twin: signedIn(twin).query(answer),
  observed: signedIn(observed).query(answer),
  near: signedIn(near).query(answer),
  stock: behind((headers) => stock.getSession(headers)).query(answer),
  stockSql: behind((headers) => stockSql.getSession(headers)).query(answer),
})

const app = new Hono<HttpEnv>()
const log = createLog({ write: () => undefined })
const createContext = ({ req }: { req: Request }): Context => ({ headers: req.headers })
app.use('/bare/*', trpcServer({ endpoint: '/bare', router, createContext })) // answers before any of what follows
serve('/trpc')
serve('/twin')
serve('/measured', metrics.countAnswer)

/** Behind the middleware of the API. */
function serve(endpoint: string, countAnswer?: (status: number) => void): void {
  app.use(
    `${endpoint}/*`,
    requestId({ limitLength: 64 }),
    requestLog({ log, clientAddressOf: clientAddressOf([]), omitSuccesses: false, countAnswer }),
    fixedHeaders(baseUrl),
    limitBody(64 * 1024),
    sameOrigin({ baseUrl: baseUrl, log }),
    rejectUnsupportedRequests,
    trpcServer({ endpoint, router, createContext }),
  )
}

const server = createAdaptorServer({ fetch: app.fetch }) as Server // without the option createServer it is node:http's
server.listen(0, '127.0.0.1', () => process.send?.({ address: server.address(), cookies }))
process.on('message', () => process.send?.(process.cpuUsage()))
