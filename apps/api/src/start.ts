import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createAdaptorServer } from '@hono/node-server'
import { createAuth, type Database, openActivity, openDatabase, type Secrets } from '@rollcall/auth'
import { type Clock, createSessionChanges, createSessionEvents, createSessionStore } from '@rollcall/session-store'
import { createStreams, nameOf, type PlaceOf } from '@rollcall/trpc'
import type { Hono } from 'hono'
import { clientAddressOf } from './client-address.js'
import type { Settings } from './env.js'
import type { Http } from './http.js'
import { createLimits } from './limits.js'
import { auditTo, type Log } from './log.js'
import { createMailer } from './mailer.js'
import { openPlaces } from './places.js'
import { restrictFilesIn } from './private-files.js'
import { connectRedis } from './redis.js'
import { developmentSecret } from './secret.js'
import { createServer } from './server.js'
import { StartError } from './start-error.js'

export interface Running {
  /** The one origin of page and API. */
  readonly baseUrl: string
  readonly port: number
  /** Where mails land as files; `null` when they are sent. */
  readonly outbox: string | null
  /** How many streams of open pages this server feeds. */
  openStreams(): number
  /** Resolves when the events that this server has kept in Redis are in the database. */
  settled(): Promise<void>
  /** Answers what is under way, then lets go of everything. May be called twice. */
  close(): Promise<void>
}

/** In milliseconds. */
export interface Patience {
  /** For a Redis that starts together with us. Default 10 s. */
  readonly redis: number
  /** For requests under way when the server is told to end. Default 5 s. */
  readonly requests: number
}

export interface StartOptions {
  readonly settings: Settings
  readonly log: Log
  readonly clock?: Clock
  readonly webRoot?: string
  readonly patience?: Patience
  readonly openDatabase?: typeof openDatabase
  /** Milliseconds between two looks at the session of an open stream. Default 15 s. */
  readonly revalidateEvery?: number
}

/** The page as built beside us. */
const builtPage = fileURLToPath(new URL('../../web/dist/', import.meta.url))

const defaultPatience: Patience = { redis: 10_000, requests: 5_000 }

/** The whole server: what it needs is opened, checked and wired here, and closed in reverse. */
export async function start(options: StartOptions): Promise<Running> {
  const { settings, log, clock = Date.now, webRoot = builtPage, patience = defaultPatience, revalidateEvery } = options
  const resources: (() => Promise<unknown>)[] = []
  // The port comes first: it is taken or not, and BASE_URL may depend on it. Early requests wait.
  const app = promised<Hono<Http>>()
  const { port, drain } = await listen(settings, app.promise, patience)
  let endStreams = (): void => undefined
  let closed: Promise<void> | undefined
  const close = (): Promise<void> => (closed ??= closeAll([async () => endStreams(), drain, ...resources.toReversed()], log))

  try {
    const baseUrl = settings.baseUrl ?? `http://localhost:${port}`

    const { redis, close: disconnect } = await connectRedis(settings.redis, patience.redis, log)
    resources.push(async () => disconnect())
    const database = opened(options)
    resources.push(() => database.close())

    const secrets: Secrets = settings.secrets ?? [await developmentSecret(settings.dataDir)]
    const warn = (message: string, details: object): void => log.warn(details, message)
    const activity = await openActivity({
      database,
      events: createSessionEvents({ redis, clock, warn }),
      days: settings.activityDays,
      clock,
      warn: (message, reason) => log.error({ err: reason }, message),
    }).catch((error: unknown) => {
      throw databaseFailed(error)
    })
    resources.push(() => activity.close())
    const store = createSessionStore({
      redis,
      clock,
      warn,
      onEvent: (userTag) => activity.fetch(userTag),
      ...(settings.nearCacheLease !== undefined && { nearCache: { lease: settings.nearCacheLease } }),
    })
    const changes = createSessionChanges({ redis })
    resources.push(async () => changes.close())
    const placeOf: PlaceOf = settings.places ? openPlaces() : () => null
    const streams = createStreams({ store, placeOf, changes, clock, ...(revalidateEvery !== undefined && { revalidateEvery }) })
    endStreams = () => streams.close()
    const outbox = join(settings.dataDir, 'outbox')
    restrictFilesIn(outbox)
    const mailer = createMailer({ smtpUrl: settings.smtpUrl, outbox, baseUrl, log })
    resources.push(() => mailer.close())
    const audit = auditTo(log)
    const limits = createLimits(redis, secrets[0])
    const auth = await createAuth({
      store,
      database,
      baseUrl,
      secrets,
      audit,
      sendResetPassword: async (mail) => mailer.sendResetPassword(mail),
      sendNewDevice: async ({ to, session, url }) => {
        await limits.charge([['new-device:user', session.userId]])
        const { ipAddress, createdAt: at } = session
        mailer.sendNewDevice({ to, url, ipAddress, at, device: nameOf(session), place: placeOf(ipAddress) })
      },
      log: (level, message) => log[level]({ from: 'better-auth' }, message),
    }).catch((error: unknown) => {
      throw databaseFailed(error)
    })

    app.resolve(
      createServer({
        auth,
        store,
        isRecent: (authenticatedAt) => clock() - authenticatedAt.getTime() < settings.reauthenticateAfter,
        redis,
        database,
        limits,
        streams,
        activity,
        placeOf,
        audit,
        log,
        clientAddressOf: clientAddressOf(settings.trustedProxies),
        baseUrl,
        quiet: !settings.production,
        webRoot: existsSync(join(webRoot, 'index.html')) ? webRoot : undefined,
      }),
    )
    return {
      baseUrl,
      port,
      outbox: settings.smtpUrl === undefined ? outbox : null,
      openStreams: () => streams.size(),
      settled: () => activity.settled(),
      close,
    }
  } catch (error) {
    app.reject(error)
    await close()
    throw error
  }
}

async function listen(
  { host, port }: Settings,
  app: Promise<Hono<Http>>,
  patience: Patience,
): Promise<{ port: number; drain(): Promise<void> }> {
  const server = createAdaptorServer({
    fetch: async (request, env) => (await app).fetch(request, env),
    serverOptions: { headersTimeout: 15_000, requestTimeout: 30_000 },
  }) as Server // without the option createServer it is node:http's
  const drain = drained(server, patience.requests)
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new StartError(
      code === 'EADDRINUSE' ? `PORT: ${port} is taken by another program` : `HOST, PORT: cannot listen there (${code})`,
    )
  }
  const address = server.address()
  return { drain, port: typeof address === 'object' && address !== null ? address.port : port }
}

function opened({ settings, openDatabase: open = openDatabase }: StartOptions): Database {
  try {
    return open({ url: settings.databaseUrl, dataDir: settings.dataDir })
  } catch (error) {
    throw databaseFailed(error)
  }
}

function databaseFailed(error: unknown): StartError {
  const reason = error instanceof Error ? error.message || error.name : 'unknown error'
  return new StartError(`The database cannot be used; see DATABASE_URL and DATA_DIR (${reason})`, { cause: error })
}

/** Gives a function that takes no more requests and waits for those under way. */
function drained(server: Server, patience: number): () => Promise<void> {
  let underWay = 0
  let draining = false
  // Connections without a request, such as those that a browser opens in advance, are not waited for.
  const endIdle = (): void => {
    if (draining && underWay === 0) server.closeAllConnections()
  }
  server.on('request', (_request, response) => {
    underWay += 1
    response.once('close', () => {
      underWay -= 1
      endIdle()
    })
  })
  return async () => {
    const end = once(server, 'close')
    const bound = setTimeout(() => server.closeAllConnections(), patience)
    draining = true
    server.close()
    endIdle()
    await end
    clearTimeout(bound)
  }
}

async function closeAll(steps: (() => Promise<unknown>)[], log: Log): Promise<void> {
  for (const step of steps) {
    await step().catch((error: unknown) => log.error({ err: error }, 'Something did not close'))
  }
}

interface Promised<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: unknown): void
}

function promised<T>(): Promised<T> {
  let settle: Omit<Promised<T>, 'promise'> | undefined
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }))
  promise.catch(() => undefined) // told to whoever awaits it, if anyone does
  return { promise, resolve: (value) => settle?.resolve(value), reject: (error) => settle?.reject(error) }
}
