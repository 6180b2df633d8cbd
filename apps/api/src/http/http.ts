import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type Code, toPublicError, publicError, type PublicError, trpcBody } from '../errors.js'
import type { Client } from '../client/client.js'

export type HttpEnv = {
  Bindings: HttpBindings
  Variables: { client: Client; requestId: string; refusesAsQuery?: true }
}

/** Answers with an error that was not thrown. */
export function refuse(c: Context<HttpEnv>, code: Code, message: string): Response {
  return answer(c, toPublicError(code, message))
}

/** Answers with an error that was. */
export function answerError(c: Context<HttpEnv>, error: unknown): Response {
  return answer(c, publicError(error))
}

/**
 * For a GET or HEAD, the adapter passes on no body. Asking it whether there is one takes longer than the query.
 *
 * @param maxSize bytes
 */
export function limitBody(maxSize: number): MiddlewareHandler<HttpEnv> {
  const limit = bodyLimit({
    maxSize,
    onError: (c: Context<HttpEnv>) => refuse(c, 'PAYLOAD_TOO_LARGE', 'The body is too large'),
  })
  return (c, next) => (c.req.method === 'GET' || c.req.method === 'HEAD' ? next() : limit(c, next))
}

export function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(?:;|$)/i.test(contentType ?? '')
}

function answer(c: Context<HttpEnv>, error: PublicError): Response {
  if (error.retryAfter !== undefined) c.header('Retry-After', String(error.retryAfter))
  const body = c.req.path.startsWith('/trpc/')
    ? trpcBody(error)
    : { code: error.reason ?? error.code, message: error.message }
  return c.json(body, error.status as ContentfulStatusCode) // every status of an error allows a body
}
