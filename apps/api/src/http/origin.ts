import { getCookie, setCookie } from 'hono/cookie'
import { createMiddleware } from 'hono/factory'
import type { Log } from '../log.js'
import { type HttpEnv, refuse } from './http.js'

interface Origin {
  /** The one origin of page and API. */
  readonly baseUrl: string
  readonly log: Log
}

/** Strangers may send any Host and Origin, so that not each of them gets a line in the log. */
const MAX_LOGGED = 100

/**
 * Refuses changes by a page of another origin. Every browser names the origin of a POST. A request with neither Origin nor
 * Sec-Fetch-Site comes from a program, which has no cookie that it was not given.
 */
export function sameOrigin({ baseUrl, log }: Origin) {
  const warn = warnOnce(log, 'A change was refused: its page was opened at another origin than BASE_URL')
  return createMiddleware<HttpEnv>(async (c, next) => {
    if (c.req.method === 'GET') return next()
    const origin = c.req.header('origin')
    const site = c.req.header('sec-fetch-site')
    const same = origin === undefined ? site === undefined || site === 'same-origin' : origin === baseUrl
    if (same) return next()
    if (origin !== undefined) warn(origin, { origin: origin.slice(0, 200), baseUrl })
    return refuse(c, 'FORBIDDEN', `This request comes from another site. Open ${baseUrl} and try again.`)
  })
}

/** Long enough for a browser to follow a redirect, and too short to be met by a person who comes back. */
const LED_SECONDS = 5
const LED_COOKIE = 'rollcall.led'

/**
 * Leads a browser that opened a page under another host to the same page at BASE_URL, where its forms work.
 *
 * Behind a proxy that puts its own Host in place of the browser's, the browser was at BASE_URL all along. Then it comes back
 * with the cookie that was set for another host, and gets the page.
 */
export function leadToBaseUrl({ baseUrl, log }: Origin) {
  const expected = new URL(baseUrl)
  const warn = warnOnce(log, 'A page was opened at another host than that of BASE_URL, and led there')
  const warnOfProxy = warnOnce(
    log,
    'A proxy sends another Host than that of BASE_URL; let it pass on the Host of the browser',
  )
  return createMiddleware<HttpEnv>(async (c, next) => {
    const host = hostOf(c.req.header('host'), expected.protocol)
    if (host === null || host === expected.host) return next()
    const { pathname, search } = new URL(c.req.url)
    const page = encodeURIComponent(pathname.slice(0, 200))
    if (getCookie(c, LED_COOKIE) === page) {
      warnOfProxy(host, { host, baseUrl })
      return next()
    }
    warn(host, { host, baseUrl })
    setCookie(c, LED_COOKIE, page, { maxAge: LED_SECONDS, path: '/', httpOnly: true, sameSite: 'Lax' })
    const target = new URL(baseUrl) // whose host no path can change, not even one that begins with two slashes
    target.pathname = pathname
    target.search = search
    return c.redirect(target.href, 302)
  })
}

/** As in a URL: in small letters, and without the port that the protocol implies. `null` for no host at all. */
function hostOf(header: string | undefined, protocol: string): string | null {
  const url = `${protocol}//${header}`
  return header !== undefined && URL.canParse(url) ? new URL(url).host : null
}

function warnOnce(log: Log, message: string): (key: string, details: object) => void {
  const seen = new Set<string>()
  return (key, details) => {
    if (seen.has(key) || seen.size >= MAX_LOGGED) return
    seen.add(key)
    log.warn(details, message)
  }
}
