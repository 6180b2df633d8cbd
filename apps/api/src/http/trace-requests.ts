import { context, propagation, ROOT_CONTEXT, SpanKind, trace, type Tracer } from '@opentelemetry/api'
import { createMiddleware } from 'hono/factory'
import type { HttpEnv } from './http.js'
import { fail } from '../tracing/tracer.js'

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/**
 * A span for each request, until its answer begins. The caller's trace goes on in it, if the SDK reads its headers.
 *
 * @param routeOf names a path by one of few.
 */
export const traceRequests = (tracer: Tracer, routeOf: (path: string) => string) =>
  createMiddleware<HttpEnv>(async (c, next) => {
    const caller = propagation.extract(ROOT_CONTEXT, c.req.header())
    const method = methods.has(c.req.method) ? c.req.method : '_OTHER'
    const route = routeOf(c.req.path)
    const attributes = { 'http.request.method': method, 'http.route': route }
    const span = tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, caller)
    try {
      await context.with(trace.setSpan(caller, span), next)
      const { status } = c.res
      span.setAttribute('http.response.status_code', status)
      if (status >= 500) fail(span, String(status))
    } finally {
      span.end()
    }
  })

/** Names a path by itself if it is known, else by the part of the server that answers it: it may hold anything. */
export function createRouteOf(known: Iterable<string>, parts: readonly string[]): (path: string) => string {
  const paths = new Set(known)
  return (path) => {
    if (paths.has(path)) return path
    return `${parts.find((part) => path.startsWith(`${part}/`)) ?? ''}/*`
  }
}
