import { type Audit, type AuditEvent, type Auth, CLIENT_ADDRESS_HEADER, isDatabaseUnavailable, openEndpoints } from '@rollcall/auth'
import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { UNKNOWN_ADDRESS, networkOf } from './client-address.js'
import { auditResult, DatabaseUnavailableError, fieldMessages } from './errors.js'
import { type Http, refuse } from './http.js'
import type { Charge, Limits } from './limits.js'

const BASE_PATH = '/api/auth'

interface Attempt {
  readonly address: string
  /** In one spelling; absent when the body holds none. */
  readonly email: string | undefined
  readonly userId: () => Promise<string | undefined>
}

/** What an attempt costs beside the general charge. What is refundable comes back when it succeeds. */
interface Price {
  readonly charges: readonly Charge[]
  readonly refundable?: boolean
  /** It ends a session, and is not stopped by a Redis that cannot count. */
  readonly ending?: boolean
  /** What is attempted, as the audit calls it. */
  readonly event?: AuditEvent['event']
}

const prices = new Map<string, (attempt: Attempt) => Price | Promise<Price>>([
  [
    '/sign-in/email',
    ({ address, email = '' }) => ({
      charges: [
        ['sign-in:address', address],
        ['sign-in:address+email', address, email],
      ],
      refundable: true,
      event: 'sign-in',
    }),
  ],
  ['/sign-up/email', ({ address }) => ({ charges: [['sign-up:address', address]] })],
  [
    '/request-password-reset',
    ({ address, email = '' }) => ({
      charges: [
        ['request-reset:address', address],
        ['request-reset:email', email],
      ],
    }),
  ],
  ['/sign-out', () => ({ charges: [], ending: true })],
  ['/reset-password', ({ address }) => ({ charges: [['reset-password:address', address]], event: 'password-reset' })],
  ['/secure-account', ({ address }) => ({ charges: [['reset-password:address', address]], ending: true, event: 'account-secured' })],
  ['/change-password', ownPassword('password-change')],
  ['/reauthenticate', ownPassword('reauthentication')],
])

const profile = z.object({ name: z.string(), image: z.string().nullable() }).partial()

/** better-auth puts these into rows as they are, and a database fails with what is no text. */
const bodies = new Map([['/sign-up/email', profile]])

/** PostgreSQL holds none in a text. */
const NUL_IN_JSON = /(?<!\\)(?:\\\\)*\\u0000/

function ownPassword(event: AuditEvent['event']) {
  return async ({ userId }: Attempt): Promise<Price> => {
    const id = await userId()
    return { charges: id === undefined ? [] : [['own-password:user', id]], refundable: true, event }
  }
}

interface Dependencies {
  readonly auth: Auth
  readonly limits: Limits
  readonly audit: Audit
  readonly database: { ping(): Promise<void> }
  readonly baseUrl: string
}

/** better-auth behind the limits, with the address of the client that the server trusts. */
export function authRoute({ auth, limits, audit, database, baseUrl }: Dependencies): Hono<Http> {
  return new Hono<Http>().all('/*', async (c) => {
    const path = new URL(c.req.url).pathname.slice(BASE_PATH.length)
    // One spelling per endpoint: a path that better-auth reads as another one would pass the limits by.
    const method = openEndpoints.get(path)
    if (method === undefined) return notFound(c)
    if (c.req.method !== method) {
      c.header('Allow', method)
      return refuse(c, 'METHOD_NOT_SUPPORTED', `Only ${method} is understood here`)
    }
    const body = c.req.method === 'POST' ? await c.req.arrayBuffer() : new ArrayBuffer(0)
    // The limits read the body as JSON, so nothing else may reach those who would read it differently.
    if (body.byteLength > 0 && !isJson(c.req.header('content-type'))) {
      return refuse(c, 'UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json')
    }

    const text = new TextDecoder().decode(body)
    const json = jsonIn(text)
    const wrong = json === undefined ? undefined : bodies.get(path)?.safeParse(json).error
    if (wrong) return refuse(c, 'BAD_REQUEST', fieldMessages(wrong))
    if (NUL_IN_JSON.test(text) || c.req.url.includes('%00')) return refuse(c, 'BAD_REQUEST', 'A text holds a NUL')

    const { charges, refundable, ending, event } = await priceOf(c, path, json, auth)
    const general: Charge[] = c.req.method === 'POST' ? [['auth', networkOf(c.get('clientAddress'))]] : []
    await limits[ending ? 'chargeEnding' : 'charge']([...general, ...charges]).catch((error: unknown) => {
      // What better-auth never sees, it cannot audit.
      if (event !== undefined) audit({ event, result: auditResult(error), ipAddress: c.get('clientAddress') })
      throw error
    })
    const response = await auth.handler(forwarded(c, body, baseUrl)).catch(async (error: unknown) => {
      throw await reasonOf(error, database)
    })
    if (refundable && response.ok) await limits.refund(charges)

    if (response.status === 404 && response.body === null) return notFound(c)
    if (response.status === 500) throw await reasonOf(new Error('better-auth failed'), database)
    return response
  })
}

async function priceOf(c: Context<Http>, path: string, json: unknown, auth: Auth): Promise<Price> {
  const price = c.req.method === 'POST' ? prices.get(path) : undefined
  if (price === undefined) return { charges: [] }
  return price({
    address: networkOf(c.get('clientAddress')),
    email: emailIn(json),
    userId: async () => (await auth.authenticate(c.req.raw.headers))?.session.userId,
  })
}

/** The request under the origin that is configured, whatever its Host says. */
function forwarded(c: Context<Http>, body: ArrayBuffer, baseUrl: string): Request {
  const { pathname, search } = new URL(c.req.url)
  const headers = new Headers(c.req.raw.headers)
  const address = c.get('clientAddress')
  if (address === UNKNOWN_ADDRESS) headers.delete(CLIENT_ADDRESS_HEADER)
  else headers.set(CLIENT_ADDRESS_HEADER, address)
  const { method } = c.req
  return new Request(new URL(pathname + search, baseUrl), { method, headers, body: body.byteLength > 0 ? body : null })
}

function emailIn(json: unknown): string | undefined {
  const email = typeof json === 'object' && json !== null && 'email' in json ? json.email : undefined
  return typeof email === 'string' ? email.trim().toLowerCase() : undefined
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // better-auth refuses it
  }
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(?:;|$)/i.test(contentType ?? '')
}

function notFound(c: Context<Http>): Response {
  return refuse(c, 'NOT_FOUND', 'There is nothing here')
}

/** What better-auth fails with does not always tell an outage from a mistake; then the database is asked. */
async function reasonOf(failure: unknown, database: Dependencies['database']): Promise<unknown> {
  if (isDatabaseUnavailable(failure)) return new DatabaseUnavailableError(failure) // it may answer again by now
  try {
    await database.ping()
    return failure
  } catch {
    return new DatabaseUnavailableError(failure)
  }
}
