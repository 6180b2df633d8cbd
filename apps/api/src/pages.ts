import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Http } from './http.js'

/** A year, in seconds: the names of these files change with their content. */
const FOREVER = 'public, max-age=31536000, immutable'

/** What high-entropy hints device names are made from; a browser sends no more than it is asked for. */
const WANTED_HINTS = 'Sec-CH-UA-Platform-Version'

/**
 * The built page: its files, and index.html for every address that a person can navigate to.
 *
 * @param root the folder that holds index.html
 */
export function pages(root: string): Hono<Http> {
  const html = createMiddleware<Http>(async (c, next) => {
    await next()
    if (!c.res.headers.get('Content-Type')?.startsWith('text/html')) return
    c.header('Accept-CH', WANTED_HINTS)
  })
  return new Hono<Http>()
    .use('/assets/*', cached(FOREVER), serveStatic({ root }))
    .get('*', cached('no-cache'), html, serveStatic({ root }), async (c, next) => {
      if (!isNavigation(c.req.path, c.req.header('accept'))) return next()
      return serveStatic<Http>({ root, path: 'index.html' })(c, next)
    })
}

const cached = (control: string) =>
  createMiddleware(async (c, next) => {
    await next()
    if (c.res.ok) c.header('Cache-Control', control)
  })

function isNavigation(path: string, accept = ''): boolean {
  return accept.includes('text/html') && !/^\/(?:api|trpc|assets)(?:\/|$)/.test(path)
}
