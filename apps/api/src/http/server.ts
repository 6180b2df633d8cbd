import type { Tracer } from '@opentelemetry/api'
import type { Audit } from '@rollcall/auth'
import type { SessionStore } from '@rollcall/session-store'
import type { PlaceOf, Streams } from '@rollcall/devices'
import type { Cluster, Redis } from 'ioredis'
import { Hono } from 'hono'
import { requestId } from 'hono/request-id'
import type { LiveViews } from '../administration/live-views.js'
import type { Administration } from '../administration/administration.js'
import type { Activity } from '../accounts/activity/activity.js'
import { type Auth, AUTH_PATH } from '../accounts/auth.js'
import type { Database } from '../accounts/database/database.js'
import { publicError } from '../errors.js'
import type { Challenges } from '../limits/challenges.js'
import type { Limits } from '../limits/limits.js'
import type { Log } from '../log.js'
import { createRouteOf, traceRequests } from './trace-requests.js'
import { createAppRouter } from '../trpc/router.js'
import { TRPC_PATH, trpcRoute } from './trpc-route.js'
import { openEndpoints } from '../accounts/open-endpoints.js'
import { authRoute } from './auth-route.js'
import type { ClientAddressOf } from '../client/client-address.js'
import { cspReport } from './csp-report.js'
import { CSP_REPORT_PATH, fixedHeaders } from './headers.js'
import { health } from './health.js'
import { answerError, type HttpEnv, limitBody, refuse } from './http.js'
import { linkRoute } from './link-route.js'
import { sameOrigin } from './origin.js'
import { pages } from './pages.js'
import { requestLog } from './request-log.js'

export interface ServerDependencies {
  readonly auth: Auth
  readonly store: SessionStore
  /** Whether a proof at this time is recent enough to revoke other devices. */
  readonly isRecent: (authenticatedAt: Date) => boolean
  readonly redis: Redis | Cluster
  readonly keyPrefix: string
  readonly database: Pick<Database, 'ping' | 'checkWritable'>
  readonly limits: Limits
  readonly challenges: Challenges
  readonly streams: Streams
  readonly liveViews: LiveViews
  readonly activity: Activity
  readonly administration: Administration
  readonly placeOf: PlaceOf
  readonly audit: Audit
  readonly log: Log
  readonly clientAddressOf: ClientAddressOf
  /** The one origin of page and API. */
  readonly baseUrl: string
  /** Whether balancers should send new requests to another server. */
  readonly isLeaving: () => boolean
  /** Leaves out the log lines of requests that went well: they would hide the address from who has just started it. */
  readonly omitSuccesses: boolean
  /** Called with the status of each answer. */
  readonly countAnswer?: ((status: number) => void) | undefined
  /** The tracer of an SDK, if one is installed. */
  readonly tracer?: Tracer | undefined
  /** The folder of the built page, if there is one. */
  readonly webRoot: string | undefined
}

const MAX_BODY_BYTES = 64 * 1024

export function createServer(dependencies: ServerDependencies): Hono<HttpEnv> {
  const { redis, keyPrefix, database, isLeaving, limits, log, tracer, baseUrl, webRoot } = dependencies
  const app = new Hono<HttpEnv>()

  if (tracer) app.use(traceRequests(tracer, routesOf(dependencies)))
  app.use(requestId({ limitLength: 64 }), requestLog(dependencies), fixedHeaders(baseUrl), limitBody(MAX_BODY_BYTES))

  const origin = sameOrigin({ baseUrl, log })
  app.use(`${TRPC_PATH}/*`, origin)
  app.use(`${AUTH_PATH}/*`, origin) // better-auth has a check of its own, but not in every NODE_ENV
  app.use('/api/link', origin)
  app.route(TRPC_PATH, trpcRoute(dependencies))
  app.route(AUTH_PATH, authRoute(dependencies))
  app.route('/api/link', linkRoute(dependencies))
  app.route(CSP_REPORT_PATH, cspReport(limits, log))
  app.route('/', health({ redis, keyPrefix, database, isLeaving }))
  if (webRoot !== undefined) app.route('/', pages({ root: webRoot, baseUrl, log }))

  app.notFound((c) => refuse(c, 'NOT_FOUND', 'There is nothing here'))
  app.onError((error, c) => {
    if (publicError(error).status >= 500) log.error({ err: error }, 'A request failed')
    return answerError(c, error)
  })
  return app
}

/** The names of paths in spans. A batch is several procedures, so it has that of all. */
function routesOf(dependencies: ServerDependencies): (path: string) => string {
  const procedures = Object.keys(createAppRouter(dependencies)._def.procedures) // of a router that serves nobody
  const known = [
    ...procedures.map((procedure) => `${TRPC_PATH}/${procedure}`),
    ...[...openEndpoints.keys()].map((endpoint) => `${AUTH_PATH}${endpoint}`),
    '/api/link',
    CSP_REPORT_PATH,
    '/healthz',
    '/readyz',
  ]
  return createRouteOf(known, [TRPC_PATH, AUTH_PATH])
}
