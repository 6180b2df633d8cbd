import { TextEncoderStream } from '@exodus/bytes/encoding-lite.js'
import { trpcServer } from '@hono/trpc-server'
import { Hono, type Context as HonoContext } from 'hono'
import { createMiddleware } from 'hono/factory'
import { publicError } from '../errors.js'
import { type HttpEnv, isJson, refuse } from './http.js'
import { holdsNul } from './nul.js'
import type { Log } from '../log.js'
import type { Context } from '../trpc/context.js'
import { createAppRouter, type RouterDependencies } from '../trpc/router.js'

export const TRPC_PATH = '/trpc'

/** More than the page ever asks for at once, and little enough to be cheap. */
const MAX_BATCH = 20

// tRPC encodes streams with it. Node's own rebuilds each text letter by letter. That was more than half of the cost of a list
// that is sent to many pages.
globalThis.TextEncoderStream = TextEncoderStream

type Dependencies = Pick<Context, 'auth' | 'limits' | 'activity' | 'administration' | 'placeOf' | 'audit'> &
  RouterDependencies & { readonly log: Log }

export function trpcRoute({
  auth,
  store,
  isRecent,
  limits,
  streams,
  liveViews,
  activity,
  administration,
  placeOf,
  audit,
  log,
}: Dependencies): Hono<HttpEnv> {
  return new Hono<HttpEnv>().use(
    '/*',
    rejectUnsupportedRequests,
    trpcServer({
      endpoint: TRPC_PATH,
      router: createAppRouter({ store, streams, liveViews, isRecent }),
      maxBatchSize: MAX_BATCH,
      createContext: ({ req, resHeaders }, c: HonoContext<HttpEnv>): Context => ({
        auth,
        limits,
        activity,
        administration,
        placeOf,
        audit,
        headers: req.headers,
        client: c.get('client'),
        responseHeaders: resHeaders,
        refuseAsQuery: () => c.set('refusesAsQuery', true),
      }),
      responseMeta: ({ errors }) => {
        const waits = errors.flatMap((error) => publicError(error).retryAfter ?? [])
        return waits.length > 0 ? { headers: new Headers({ 'retry-after': String(Math.max(...waits)) }) } : {}
      },
      onError: ({ error, path }) => {
        const { status } = publicError(error)
        if (status >= 500) log.error({ err: error.cause ?? error, procedure: path }, 'A procedure failed')
      },
    }),
  )
}

/** Refuses what tRPC would take but this API does not offer. */
export const rejectUnsupportedRequests = createMiddleware<HttpEnv>(async (c, next): Promise<Response | void> => {
  const { method } = c.req
  if (method !== 'GET' && method !== 'POST') {
    c.header('Allow', 'GET, POST')
    return refuse(c, 'METHOD_NOT_SUPPORTED', 'Only GET and POST are understood here')
  }
  // A form of another site can send every type but this one.
  if (method === 'POST' && !isJson(c.req.header('content-type'))) {
    return refuse(c, 'UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json')
  }
  // A browser names the page of another site. Such a page cannot read the answer, but it could keep streams open.
  if (!['same-origin', 'none', undefined].includes(c.req.header('sec-fetch-site'))) {
    return refuse(c, 'FORBIDDEN', 'This request comes from another site')
  }
  if (holdsNul(c.req.url, method === 'POST' ? await c.req.text() : '')) {
    return refuse(c, 'BAD_REQUEST', 'Text must not contain NUL characters')
  }
  // A streamed answer has sent its headers before a procedure can clear the cookie.
  if (`${c.req.header('trpc-accept')},${c.req.header('accept')}`.includes('application/jsonl')) {
    return refuse(c, 'BAD_REQUEST', 'Streamed batches are not offered; use httpBatchLink')
  }
  await next()
  if (c.get('refusesAsQuery') === true && c.res.headers.get('content-type') === 'text/event-stream') {
    const refusal = await toRefusalOfQuery(c.res)
    c.res = undefined // else its headers stay
    c.res = refusal
  }
  // Not with c.header, which copies a finished answer and turns its body into a stream. That takes longer than the query.
  const { headers } = c.res
  if (headers.get('content-type') === 'text/event-stream') {
    headers.set('Cache-Control', 'no-store, no-transform')
    // It ends because this server stops. Kept open, the connection would lead the next stream here again.
    headers.set('Connection', 'close')
  }
  // tRPC leaves the type out of some refusals.
  else headers.set('Content-Type', 'application/json')
})

/** @param stream The refusal of a stream: an event with the error. */
async function toRefusalOfQuery(stream: Response): Promise<Response> {
  const [, shape = 'null'] = /^event: serialized-error\ndata: (.*)$/m.exec(await stream.text()) ?? []
  const error = JSON.parse(shape) as { data: { httpStatus: number } } // as `errorFormatter` made it
  const headers = { vary: stream.headers.get('vary') ?? '' }
  return new Response(JSON.stringify({ error }), { status: error.data.httpStatus, headers })
}
