import { SpanKind, trace, type Tracer } from '@opentelemetry/api'
import type { Audit } from '@rollcall/auth'
import type { SessionStore } from '@rollcall/session-store'
import type { Cluster, Redis } from 'ioredis'
import { type Auth, AUTH_PATH } from '../accounts/auth.js'
import { openEndpoints } from '../accounts/open-endpoints.js'
import { watchCommands } from '../redis/watch-commands.js'
import { fail, inSpan, isTracing } from './tracer.js'

/** A span for each validation. Below it are the commands that it sent; none if the near-cache knew the session. */
export function traceStore(store: SessionStore, tracer: Tracer): SessionStore {
  return {
    ...store,
    validate: (token, options) =>
      inSpan(tracer, 'validate', {}, async (span) => {
        const session = await store.validate(token, options)
        span?.setAttribute('rollcall.result', session === null ? 'refused' : 'valid')
        return session
      }),
  }
}

/** A span for each command to Redis. A script has its name. Lookups of one tick share the command of the first. */
export function traceCommands(client: Redis | Cluster, tracer: Tracer): void {
  const scripts = scriptNames(client)
  watchCommands(client, ({ name, args }) => {
    if (!isTracing()) return () => undefined
    const script = name === 'evalsha' ? scripts(String(args[0])) : undefined
    const attributes = {
      'db.system.name': 'redis',
      'db.operation.name': name,
      ...(script !== undefined && { 'db.stored_procedure.name': script }),
    }
    const span = tracer.startSpan(`redis ${script ?? name}`, { kind: SpanKind.CLIENT, attributes })
    return (failure) => {
      if (failure !== undefined) fail(span, failure)
      span.end()
    }
  })
}

/** The names of a client's scripts by their digests. Scripts are defined at any time, so an unknown digest is looked up again. */
function scriptNames(client: Redis | Cluster): (digest: string) => string | undefined {
  const names = new Map<string, string>()
  return (digest) => {
    if (!names.has(digest))
      // ioredis keeps them there, by the names of their commands.
      for (const [name, { sha }] of Object.entries<{ readonly sha: string }>(client.scriptsSet)) names.set(sha, name)
    return names.get(digest)
  }
}

/** A span for each request that better-auth answers, such as `auth /sign-in/email`. */
export function traceAuth(auth: Auth, tracer: Tracer): Auth {
  return {
    ...auth,
    handler: (request) => {
      const path = new URL(request.url).pathname.slice(AUTH_PATH.length)
      return inSpan(tracer, `auth ${openEndpoints.has(path) ? path : '/*'}`, {}, () => auth.handler(request))
    },
  }
}

/** Puts an event of an account on the span of its request, such as a refused sign-in. */
export const traceAudit: Audit = ({ event, result }) =>
  void trace.getActiveSpan()?.setAttributes({ 'rollcall.event': event, 'rollcall.result': result })
