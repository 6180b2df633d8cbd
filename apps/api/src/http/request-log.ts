import { createMiddleware } from 'hono/factory'
import { loggablePath, type Log, requestScope } from '../log.js'
import type { ClientAddressOf } from '../client/client-address.js'
import { Client } from '../client/client.js'
import type { HttpEnv } from './http.js'

interface Dependencies {
  readonly log: Log
  readonly clientAddressOf: ClientAddressOf
  readonly omitSuccesses: boolean
  /** Called with the status of each answer. */
  readonly countAnswer?: ((status: number) => void) | undefined
}

/** One line per request, found again by the request id that the answer bears. */
export const requestLog = ({ log, clientAddressOf, omitSuccesses, countAnswer }: Dependencies) => {
  // Nothing is to be struck out of fields that are all named here; to look for it would be a tenth of a query's cost.
  const lines = log.child({}, { redact: [] })
  return createMiddleware<HttpEnv>(async (c, next) => {
    const started = performance.now()
    const address = clientAddressOf(c.env.incoming)
    c.set('client', new Client(address))
    await requestScope.run({ requestId: c.get('requestId') }, async () => {
      await next()
      c.res.headers.set('X-Request-Id', c.get('requestId'))
      const { status } = c.res
      countAnswer?.(status)
      const level = status >= 500 ? 'warn' : omitSuccesses && status < 400 ? 'debug' : 'info'
      const ms = Math.round((performance.now() - started) * 10) / 10
      lines[level]({ method: c.req.method, path: loggablePath(c.req.path), status, ms, address }, 'request')
    })
  })
}
