import { Hono } from 'hono'
import { z } from 'zod'
import type { Limits } from '../limits/limits.js'
import { loggablePath, type Log } from '../log.js'
import { type HttpEnv, limitBody, refuse } from './http.js'

/** A browser's report of a page that broke its Content-Security-Policy, in both spellings. */
const older = z.object({
  'csp-report': z.object({
    'document-uri': z.string().optional(),
    'blocked-uri': z.string().optional(),
    'effective-directive': z.string().optional(),
    'violated-directive': z.string().optional(),
  }),
})
const newer = z.array(
  z.object({
    type: z.string(),
    body: z.object({
      documentURL: z.string().optional(),
      blockedURL: z.string().optional(),
      effectiveDirective: z.string().optional(),
    }),
  }),
)

const MAX_BODY_BYTES = 16 * 1024
const MAX_REPORTS = 10
/** Characters of a URL in the log. */
const MAX_ADDRESS = 200

interface Violation {
  page: string | undefined
  blocked: string | undefined
  directive: string | undefined
}

export function cspReport(limits: Limits, log: Log): Hono<HttpEnv> {
  return new Hono<HttpEnv>().post('/', limitBody(MAX_BODY_BYTES), async (c) => {
    const text = await c.req.text()
    return limits.within([['csp-report:address', c.get('client')]], async () => {
      const violations = parse(text)
      if (violations === null) return refuse(c, 'BAD_REQUEST', 'This is not a report')
      for (const violation of violations) log.warn({ violation }, 'A page broke its Content-Security-Policy')
      return c.body(null, 204)
    })
  })
}

function parse(text: string): Violation[] | null {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return null
  }
  const one = older.safeParse(json).data?.['csp-report']
  if (one) {
    return [
      toViolation(one['document-uri'], one['blocked-uri'], one['effective-directive'] ?? one['violated-directive']),
    ]
  }
  const many = newer.safeParse(json).data
  return (
    many
      ?.filter(({ type }) => type === 'csp-violation')
      .slice(0, MAX_REPORTS)
      .map(({ body }) => toViolation(body.documentURL, body.blockedURL, body.effectiveDirective)) ?? null
  )
}

function toViolation(page: string | undefined, blocked: string | undefined, directive: string | undefined): Violation {
  return {
    page: withoutQuery(page),
    blocked: withoutQuery(blocked),
    directive: directive?.replace(/[^a-z-]/g, '').slice(0, 40),
  }
}

/** A URL without its query, where a reset token would be, and without what a URL cannot hold; else one word. */
function withoutQuery(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (!URL.canParse(text)) return text.replace(/[^a-z-]/g, '').slice(0, 40)
  const { protocol, host, pathname } = new URL(text)
  return (host === '' ? protocol : `${protocol}//${host}${loggablePath(pathname)}`).slice(0, MAX_ADDRESS)
}
