import { createMiddleware } from 'hono/factory'
import { type Http, refuse } from './http.js'

/**
 * Lets a page of another origin change nothing. Every browser names the origin of a POST; a request that
 * bears neither Origin nor Sec-Fetch-Site comes from a program, which has no cookie that it was not given.
 */
export const sameOrigin = (baseUrl: string) =>
  createMiddleware<Http>(async (c, next) => {
    if (c.req.method === 'GET') return next()
    const origin = c.req.header('origin')
    const site = c.req.header('sec-fetch-site')
    const same = origin === undefined ? site === undefined || site === 'same-origin' : origin === baseUrl
    return same ? next() : refuse(c, 'FORBIDDEN', 'This request comes from another site')
  })
