import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Hono } from 'hono'
import { insecurities } from './settings/env.js'
import { clientAddressOf } from './client/client-address.js'
import type { HttpEnv } from './http/http.js'
import { listen } from './http/listen.js'
import { serveStates } from './metrics/serve.js'
import { createServer } from './http/server.js'
import type { Log } from './log.js'
import type { ServiceOptions } from './service-options.js'
import { openServices, outboxOf, type Services, startBackgroundWork } from './services.js'

export interface Running {
  /** The one origin of page and API. */
  readonly baseUrl: string
  readonly port: number
  /** `null` without METRICS_PORT. */
  readonly metricsPort: number | null
  /** The folder for mails as files; `null` when they are sent. */
  readonly outbox: string | null
  /** How many streams of open pages this server feeds. */
  openStreams(): number
  /** Resolves when the events that this server has kept in Redis are in the database. */
  flush(): Promise<void>
  /**
   * Serves everything for `LEAVING_SECONDS` more, while `/readyz` is 503 and each answer closes its connection. Shortly before
   * they are over, streams end. Then no balancer sends anything here, and `close` interrupts nobody.
   */
  leave(): Promise<void>
  /** Answers what is under way, then closes everything, within `DRAIN_SECONDS`. May be called twice. */
  close(): Promise<void>
}

export interface StartOptions extends ServiceOptions {
  /** Default: the page as built beside us. */
  readonly webRoot?: string
}

/** Milliseconds in which pages open another stream: each waits for up to a second, so that not all come at once. */
const REOPENING_MS = 2_000

/** The page as built beside us. */
const builtPage = fileURLToPath(new URL('../../web/dist/', import.meta.url))

/** The whole server: opens the port and the services, wires them, and closes them in reverse. */
export async function start(options: StartOptions): Promise<Running> {
  const { settings, log } = options
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
    const baseUrl = settings.baseUrl ?? `http://localhost:${port}`
    const onClose = (closeResource: () => Promise<unknown>): void => void resources.push(closeResource)
    const services = await openServices(options, baseUrl, onClose)
    startBackgroundWork(options, services, onClose)
    const { streams, liveViews, activity, observer } = services
    endStreams = () => {
      streams.close()
      liveViews.close()
    }
    const metricsPort = await serveStates(options, { ...services, metrics: observer.metrics }, onClose)
    app.resolve(createConfiguredServer(options, services, { baseUrl, isLeaving }))
    return {
      baseUrl,
      port,
      metricsPort,
      outbox: settings.smtpUrl === undefined ? outboxOf(settings) : null,
      openStreams: () => streams.size() + liveViews.size(),
      flush: () => activity.flush(),
      async leave() {
        leave()
        if (settings.leavingMs === 0) return
        log.info({ seconds: settings.leavingMs / 1_000 }, 'Leaving: not ready, but still serving')
        await leavePages(settings.leavingMs, endStreams)
      },
      close,
    }
  } catch (error) {
    app.reject(error)
    await close()
    throw error
  }
}

function createConfiguredServer(
  { settings, log, webRoot = builtPage }: StartOptions,
  services: Services,
  port: { readonly baseUrl: string; readonly isLeaving: () => boolean },
): Hono<HttpEnv> {
  const { clock, observer, ...served } = services
  const { metrics, tracer } = observer
  return createServer({
    ...served,
    ...port,
    tracer,
    keyPrefix: settings.keyPrefix,
    log,
    isRecent: (authenticatedAt) => clock() - authenticatedAt.getTime() < settings.reauthenticateAfterMs,
    clientAddressOf: clientAddressOf(settings.trustedProxies, (message, details) => log.warn(details, message)),
    omitSuccesses: !settings.production,
    countAnswer: metrics?.countAnswer,
    webRoot: existsSync(join(webRoot, 'index.html')) ? webRoot : undefined,
  })
}

/**
 * Waits, and ends the streams while there is time for their pages to open others. Once this process is gone, the next one may
 * start on this machine, and slow the servers down that the pages ask.
 */
async function leavePages(leavingMs: number, endStreams: () => void): Promise<void> {
  const reopeningMs = Math.min(REOPENING_MS, leavingMs / 2)
  await pause(leavingMs - reopeningMs, undefined, { ref: false }) // the server itself keeps the process alive
  endStreams()
  await pause(reopeningMs, undefined, { ref: false })
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
  promise.catch(() => undefined) // a caller that awaits it still receives the error
  return { promise, resolve: (value) => settle?.resolve(value), reject: (error) => settle?.reject(error) }
}
