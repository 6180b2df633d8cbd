import type { HttpBindings } from '@hono/node-server'
import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { type Code, of, publicError, type PublicError, trpcBody } from './errors.js'

export type Http = { Bindings: HttpBindings; Variables: { clientAddress: string; requestId: string } }

/** Answers with an error that was not thrown. */
export function refuse(c: Context<Http>, code: Code, message: string): Response {
  return answer(c, of(code, message))
}

/** Answers with an error that was. */
export function answerError(c: Context<Http>, error: unknown): Response {
  return answer(c, publicError(error))
}

/** @param maxSize bytes */
export function limitBody(maxSize: number): MiddlewareHandler<Http> {
  return bodyLimit({ maxSize, onError: (c: Context<Http>) => refuse(c, 'PAYLOAD_TOO_LARGE', 'The body is too large') })
}

function answer(c: Context<Http>, error: PublicError): Response {
  if (error.retryAfter !== undefined) c.header('Retry-After', String(error.retryAfter))
  const body = c.req.path.startsWith('/trpc/') ? trpcBody(error) : { code: error.code, message: error.message }
  return c.json(body, error.status as ContentfulStatusCode)
}
