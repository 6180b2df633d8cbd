import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Secrets } from '@rollcall/auth'
import { createStreams, type PlaceOf } from '@rollcall/devices'
import {
  type Clock,
  createRedisClock,
  createSessionChanges,
  createSessionEvents,
  createSessionStore,
} from '@rollcall/session-store'
import type { Hono } from 'hono'
import type { Cluster, Redis } from 'ioredis'
import { openActivity } from './accounts/activity.js'
import { type Auth, createAuth } from './accounts/auth.js'
import { databaseFault } from './accounts/database-fault.js'
import { type Database, openDatabase } from './accounts/database.js'
import type { Passwords } from './accounts/passwords/passwords.js'
import { restrictFilesIn } from './accounts/private-files.js'
import { developmentSecret } from './accounts/secret.js'
import { startSweep } from './accounts/sweep.js'
import { insecurities, type Settings } from './env.js'
import { clientAddressOf } from './http/client-address.js'
import type { HttpEnv } from './http/http.js'
import { listen } from './http/listen.js'
import { createServer } from './http/server.js'
import { createLimits } from './limits/limits.js'
import { sendNotice, sendReset } from './limits/mail-limits.js'
import { recordWrongPasswords } from './limits/wrong-passwords.js'
import { auditTo, type Log } from './log.js'
import { createMailer } from './mail/mailer.js'
import { openMailQueue } from './mail/queue.js'
import { createSend } from './mail/transport.js'
import { openPlaces } from './places.js'
import { connectRedis } from './redis/connect.js'
import { StartError } from './start-error.js'

export interface Running {
  /** The one origin of page and API. */
  readonly baseUrl: string
  readonly port: number
  /** The folder for mails as files; `null` when they are sent. */
  readonly outbox: string | null
  /** How many streams of open pages this server feeds. */
  openStreams(): number
  /** Resolves when the events that this server has kept in Redis are in the database. */
  settled(): Promise<void>
  /**
   * Serves everything for `LEAVING_SECONDS` more, while `/readyz` is 503 and each answer closes its connection.
   * Then no balancer sends anything here, and `close` interrupts nobody.
   */
  leave(): Promise<void>
  /** Answers what is under way, then closes everything, within `DRAIN_SECONDS`. May be called twice. */
  close(): Promise<void>
}

export interface StartOptions {
  readonly settings: Settings
  readonly log: Log
  /** Default: the clock of this machine while it agrees with that of Redis, else that of Redis. */
  readonly clock?: Clock
  readonly webRoot?: string
  /** Milliseconds for a Redis that starts together with us. Default 10 s. */
  readonly redisTimeoutMs?: number
  readonly openDatabase?: typeof openDatabase
  /** Default: hashes at the cost that OWASP asks for. */
  readonly passwords?: Passwords
  /** Milliseconds between two looks at the session of an open stream. Default 15 s. */
  readonly revalidateEvery?: number
}

/** The page as built beside us. */
const builtPage = fileURLToPath(new URL('../../web/dist/', import.meta.url))

/** The whole server: what it needs is opened, checked and wired here, and closed in reverse. */
export async function start(options: StartOptions): Promise<Running> {
  const { settings, log, webRoot = builtPage, redisTimeoutMs = 10_000, revalidateEvery } = options
  const resources: (() => Promise<unknown>)[] = []
  // The port comes first: it is taken or not, and BASE_URL may depend on it. Early requests wait.
  const app = defer<Hono<HttpEnv>>()
  const { port, isLeaving, leave, drain } = await listen(settings, app.promise)
  let endStreams = (): void => undefined
  let closed: Promise<void> | undefined
  const close = (): Promise<void> =>
    (closed ??= closeAll([async () => endStreams(), drain, ...resources.toReversed()], settings.drainMs, log))

  try {
    for (const name of settings.allowedInsecure) log.warn(`ALLOW_INSECURE=${name}: ${insecurities[name]}`)
    const { keyPrefix } = settings
    const baseUrl = settings.baseUrl ?? `http://localhost:${port}`

    const { redis, close: disconnect } = await connectRedis(settings, redisTimeoutMs, log)
    resources.push(async () => disconnect())
    const shared =
      options.clock === undefined
        ? await sharedClock(redis, settings, log)
        : { now: options.clock, close: () => undefined }
    resources.push(async () => shared.close())
    const clock = shared.now
    const database = openConfiguredDatabase(options)
    resources.push(() => database.close())

    const secrets: Secrets = settings.secrets ?? [await developmentSecret(settings.dataDir)]
    const warn = (message: string, details: object): void => log.warn(details, message)
    const activity = await openActivity({
      database,
      events: createSessionEvents({ redis, clock, warn, keyPrefix }),
      days: settings.activityDays,
      clock,
      warn: (message, reason) => log.error({ err: reason }, message),
    }).catch((error: unknown) => {
      throw databaseError(error, settings)
    })
    resources.push(() => activity.close())
    const store = createSessionStore({
      redis,
      clock,
      keyPrefix,
      timeouts: settings.timeouts,
      maxSessionsPerUser: settings.maxSessionsPerUser,
      durability: settings.durability,
      warn,
      onEvent: (userTag) => activity.move(userTag),
      ...(settings.nearCacheLease !== undefined && { nearCache: { lease: settings.nearCacheLease } }),
    })
    const changes = createSessionChanges({ redis, keyPrefix })
    resources.push(async () => changes.close())
    const placeOf: PlaceOf = settings.places ? openPlaces() : () => null
    const streams = createStreams({
      store,
      placeOf,
      changes,
      clock,
      ...(revalidateEvery !== undefined && { revalidateEvery }),
    })
    endStreams = () => streams.close()
    const outbox = join(settings.dataDir, 'outbox')
    restrictFilesIn(outbox)
    const queue = await openMailQueue(database).catch((error: unknown) => {
      throw databaseError(error, settings)
    })
    const send = createSend({ smtpUrl: settings.smtpUrl, outbox, baseUrl, log })
    const limits = createLimits(redis, secrets[0], keyPrefix)
    const mailer = createMailer({
      queue,
      send,
      baseUrl,
      placeOf,
      log,
      sendReset: (email, sendNow) => sendReset(limits, email, sendNow),
    })
    resources.push(() => mailer.close())
    const audit = auditTo(log)
    const recordWrongPassword = recordWrongPasswords(limits, activity)
    const auth: Auth = await createAuth({
      store,
      database,
      baseUrl,
      secrets,
      audit,
      onWrongPassword: (wrong) => {
        recordWrongPassword(wrong).catch((error: unknown) =>
          log.warn({ err: error }, 'A wrong password is missing in the activity'),
        )
      },
      ...(options.passwords && { passwords: options.passwords }),
      requestReset: (email) => mailer.requestReset(email),
      notifyNewDevice: async (session, deviceId) => {
        if (await mailer.isWaiting(deviceId)) return
        const user = await auth.findUser(session.userId)
        if (user === null) return
        const isSent = await sendNotice(limits, session, user.email, () => mailer.notifyNewDevice(session, deviceId))
        if (!isSent)
          log.warn(
            { userId: session.userId },
            'No mail about a new device: its user has had as many as the limit allows',
          )
      },
      log: (level, message) => log[level]({ from: 'better-auth' }, message),
    }).catch((error: unknown) => {
      throw databaseError(error, settings)
    })
    mailer.start(auth)
    const sweep = startSweep(() => auth.deleteExpired(), log)
    resources.push(() => sweep.close())

    app.resolve(
      createServer({
        auth,
        store,
        isRecent: (authenticatedAt) => clock() - authenticatedAt.getTime() < settings.reauthenticateAfter,
        redis,
        keyPrefix,
        database,
        limits,
        streams,
        activity,
        placeOf,
        audit,
        log,
        clientAddressOf: clientAddressOf(settings.trustedProxies, warn),
        baseUrl,
        isLeaving,
        omitSuccesses: !settings.production,
        webRoot: existsSync(join(webRoot, 'index.html')) ? webRoot : undefined,
      }),
    )
    return {
      baseUrl,
      port,
      outbox: settings.smtpUrl === undefined ? outbox : null,
      openStreams: () => streams.size(),
      settled: () => activity.settled(),
      leave: () => {
        if (settings.leavingMs > 0)
          log.info({ seconds: settings.leavingMs / 1_000 }, 'Leaving: not ready, but still serving')
        return leave()
      },
      close,
    }
  } catch (error) {
    app.reject(error)
    await close()
    throw error
  }
}

/** Sessions, proofs and activity are compared across servers, so their times are those of one clock. */
function sharedClock(redis: Redis | Cluster, { keyPrefix }: Settings, log: Log): ReturnType<typeof createRedisClock> {
  const onSkew = (ahead: number): void => {
    const seconds = Math.round(Math.abs(ahead) / 1_000)
    log.warn(
      { aheadMs: ahead },
      `The clock of this server is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} that of Redis, which counts`,
    )
  }
  return createRedisClock({ redis, keyPrefix, onSkew })
}

function openConfiguredDatabase({ settings, openDatabase: open = openDatabase }: StartOptions): Database {
  try {
    return open({ url: settings.databaseUrl, dataDir: settings.dataDir })
  } catch (error) {
    throw databaseError(error, settings)
  }
}

function databaseError(error: unknown, { databaseUrl }: Settings): StartError {
  const setting = databaseUrl === undefined ? 'DATA_DIR' : 'DATABASE_URL'
  return new StartError(`The database cannot be used; see ${setting} (${databaseFault(error, databaseUrl)})`, {
    cause: error,
  })
}

/** Takes each step in turn. At the deadline it waits no longer, but still begins the steps that are left. */
async function closeAll(steps: (() => Promise<unknown>)[], limitMs: number, log: Log): Promise<void> {
  const done = new AbortController()
  const deadline = pause(limitMs, undefined, done).then(() => {
    throw new Error(`Not closed within ${limitMs} ms`)
  })
  deadline.catch(() => undefined) // each step that it ends reports it
  for (const step of steps) {
    await Promise.race([step(), deadline]).catch((error: unknown) =>
      log.error({ err: error }, 'Something did not close'),
    )
  }
  done.abort()
}

interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: unknown): void
}

function defer<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, 'promise'> | undefined
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }))
  promise.catch(() => undefined) // told to whoever awaits it, if anyone does
  return { promise, resolve: (value) => settle?.resolve(value), reject: (error) => settle?.reject(error) }
}
