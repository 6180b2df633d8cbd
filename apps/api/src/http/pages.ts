import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Log } from '../log.js'
import type { HttpEnv } from './http.js'
import { leadToBaseUrl } from './origin.js'

/** A year, in seconds: the names of these files change with their content. */
const FOREVER = 'public, max-age=31536000, immutable'

/** The high-entropy hints for device names; a browser sends only those that it is asked for. */
const WANTED_HINTS = 'Sec-CH-UA-Platform-Version, Sec-CH-UA-Model'

/** The routes of the page. A test of the page compares them with its router. */
export const PAGE_PATHS: readonly string[] = [
  '/',
  '/account',
  '/activity',
  '/admin',
  '/confirm-email',
  '/finish-sign-up',
  '/forgot-password',
  '/provider/$provider',
  '/reset-password',
  '/secure-account',
  '/security',
  '/sign-in',
  '/sign-up',
]

/** The page for changing the password: https://w3c.github.io/webappsec-change-password-url/ */
const CHANGE_PASSWORD = { from: '/.well-known/change-password', to: '/security' }

interface PagesOptions {
  /** The folder that holds index.html. */
  readonly root: string
  readonly baseUrl: string
  readonly log: Log
}

/**
 * The built page: its files, and index.html at each of its routes. At any other path, a browser gets index.html with the status
 * 404, and the page says that there is nothing.
 */
export function pages({ root, baseUrl, log }: PagesOptions): Hono<HttpEnv> {
  const html = createMiddleware<HttpEnv>(async (c, next) => {
    await next()
    if (!c.res.headers.get('Content-Type')?.startsWith('text/html')) return
    c.header('Accept-CH', WANTED_HINTS)
  })
  const lead = leadToBaseUrl({ baseUrl, log })
  const leadNavigation = createMiddleware<HttpEnv>((c, next) =>
    isNavigation(c.req.path, c.req.header('accept')) ? lead(c, next) : next(),
  )
  const index = serveStatic<HttpEnv>({ root, path: 'index.html' })
  return new Hono<HttpEnv>()
    .use('/assets/*', cached(FOREVER), serveStatic({ root, precompressed: true }))
    .get(CHANGE_PASSWORD.from, (c) => c.redirect(baseUrl + CHANGE_PASSWORD.to, 302))
    .get('*', leadNavigation, cached('no-cache'), html, serveStatic({ root }), async (c, next) => {
      if (isPage(c.req.path)) return index(c, next)
      if (!isNavigation(c.req.path, c.req.header('accept'))) return next()
      const response = await index(c, next)
      return response && new Response(response.body, { status: 404, headers: response.headers })
    })
}

const cached = (control: string) =>
  createMiddleware(async (c, next) => {
    await next()
    if (c.res.ok) c.header('Cache-Control', control)
  })

/** As the router of the page reads a path: in any case of letters, with a slash at the end or without. */
function isPage(path: string): boolean {
  return PAGE_PATHS.includes(
    path
      .toLowerCase()
      .replace(/(?<=.)\/$/, '')
      .replace(/^\/provider\/[^/]+$/, '/provider/$provider'),
  )
}

function isNavigation(path: string, accept = ''): boolean {
  return accept.includes('text/html') && !/^\/(?:api|trpc|assets)(?:\/|$)/.test(path)
}
