import { type Audit, UNKNOWN_CLIENT_ADDRESS } from '@rollcall/auth'
import { type Session, SessionStoreUnavailableError } from '@rollcall/session-store'
import { type Context, Hono } from 'hono'
import { z, type ZodError } from 'zod'
import { type Auth, AUTH_PATH, CLIENT_ADDRESS_HEADER } from '../accounts/auth.js'
import type { Database } from '../accounts/database/database.js'
import { personalData } from '../accounts/people/names.js'
import { endpointOf, openEndpoints, unusedSignUp } from '../accounts/open-endpoints.js'
import { totpCodeIn } from '../accounts/second-factor/codes.js'
import { ChallengeNeededError, fieldMessages, RateLimitedError } from '../errors.js'
import { type AttemptLimits, attemptLimits, verdictOf } from '../limits/auth-limits.js'
import { type Challenges, SOLUTION_HEADER } from '../limits/challenges.js'
import type { Limits } from '../limits/limits.js'
import { passwordShares, type Shares } from '../limits/shares.js'
import type { ProofOfWork } from '../limits/work.js'
import { auditUnreached } from './audit-unreached.js'
import { boundSession, requireProof } from './bound-session.js'
import { type HttpEnv, isJson, refuse } from './http.js'
import { holdsNul } from './nul.js'
import { outageOr } from './outage-or.js'

interface Dependencies {
  readonly auth: Auth
  /** Whether a proof at this time is recent enough for an endpoint that needs one. */
  readonly isRecent: (authenticatedAt: Date) => boolean
  readonly limits: Limits
  readonly challenges: Challenges
  readonly audit: Audit
  readonly database: Pick<Database, 'ping' | 'checkWritable'>
  readonly baseUrl: string
}

/** A request that better-auth may see. */
interface AuthRequest {
  readonly path: string
  /** As better-auth gets it. */
  readonly body: string
  /** `undefined` for a body that is no JSON. */
  readonly json: unknown
}

/** better-auth behind the limits, with the IP address of the client that the server trusts. */
export function authRoute(dependencies: Dependencies): Hono<HttpEnv> {
  const shares = passwordShares()
  const unused = unusedSignUp(dependencies.auth)
  return new Hono<HttpEnv>().all('/*', async (c) => {
    const request = await guard(c, unused)
    if (request instanceof Response) return request
    const attempt = await admit(c, request, dependencies)
    return forwardWithin(attempt, c, request, { ...dependencies, shares })
  })
}

/** Requires the session that the request needs, and looks up its limits. */
async function admit(c: Context<HttpEnv>, request: AuthRequest, dependencies: Dependencies): Promise<AttemptLimits> {
  let session: Session | null = null
  try {
    session = await boundSession(c, request, dependencies)
    await requireProof(request, session, dependencies)
    return { session, ...(await limitsOf(c, request, dependencies)) }
  } catch (error) {
    auditUnreached(c, { path: request.path, session, email: emailIn(request.json) }, error, dependencies)
    throw error
  }
}

/** Answers what this application does not offer, and what the limits and better-auth could read in different ways. */
async function guard(c: Context<HttpEnv>, unused: ReadonlySet<string>): Promise<AuthRequest | Response> {
  const path = endpointOf(new URL(c.req.url).pathname.slice(AUTH_PATH.length))
  // One spelling per endpoint: a path that better-auth reads as another one would pass the limits by.
  const method = openEndpoints.get(path)
  if (method === undefined || unused.has(path)) return notFound(c)
  if (c.req.method !== method) {
    c.header('Allow', method)
    return refuse(c, 'METHOD_NOT_SUPPORTED', `Only ${method} is understood here`)
  }
  const bytes = c.req.method === 'POST' ? await c.req.arrayBuffer() : new ArrayBuffer(0)
  // The limits read the body as JSON, so nothing else may reach those who would read it differently.
  if (bytes.byteLength > 0 && !isJson(c.req.header('content-type'))) {
    return refuse(c, 'UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json')
  }
  const text = new TextDecoder().decode(bytes)
  if (holdsNul(c.req.url, text)) return refuse(c, 'BAD_REQUEST', 'Text must not contain NUL characters')
  const parsed = jsonIn(text)
  if (typeof parsed !== 'object' || parsed === null)
    return { path, json: parsed, body: parsed === undefined ? text : JSON.stringify(parsed) }
  const { data: json, error } = personalData.safeParse(parsed)
  return error
    ? c.json({ code: codeOf(error), message: fieldMessages(error) }, 400)
    : { path, json, body: JSON.stringify(json) }
}

const unlimited: AttemptLimits = { charges: [], success: 'done' }

/** The limits of this request, beside that of all requests. */
async function limitsOf(
  c: Context<HttpEnv>,
  { path, json }: AuthRequest,
  { auth, database }: Pick<Dependencies, 'auth' | 'database'>,
): Promise<AttemptLimits> {
  const { headers } = c.req.raw
  const email = emailIn(json)
  const fromDatabase = <T>(answer: Promise<T>): Promise<T> =>
    answer.catch(async (error: unknown) => {
      throw await outageOr(error, database)
    })
  return (
    attemptLimits.get(path)?.({
      client: c.get('client'),
      email,
      session: async () => (await auth.authenticate(headers))?.session ?? null,
      knownDevice: () => fromDatabase(auth.knownDevice(headers, email)),
      waitingForCode: () => fromDatabase(auth.findWaitingForCode(headers)),
      linkToken: textIn(json, 'token'),
      totpCode: totpCodeIn(json),
    }) ?? unlimited
  )
}

async function forwardWithin(
  attempt: AttemptLimits,
  c: Context<HttpEnv>,
  request: AuthRequest,
  dependencies: Dependencies & { readonly shares: Shares },
): Promise<Response> {
  const { limits } = dependencies
  const { revokes = false } = attempt
  const solution = await solutionIn(c, attempt, dependencies)
  let isReached = false
  const forward = (): Promise<Response> => {
    isReached = true
    return answer(c, request.body, dependencies)
  }
  const send = (): Promise<Response> => (attempt.hashes ? dependencies.shares(c.get('client'), forward) : forward())
  const within = (some: AttemptLimits['charges']): Promise<Response> =>
    limits.within(some, send, (response) => verdictOf(response, attempt), { uncounted: revokes, solution })
  try {
    // Every request counts, but for those that the server could not serve; an attempt counts by its verdict too.
    return await limits.within(
      [['auth', c.get('client')]],
      () => withinOnce(attempt, limits, () => withinOwn(attempt, within)),
      (response) => (response.status >= 500 ? 'void' : 'done'),
      { uncounted: revokes },
    )
  } catch (error) {
    if (!isReached) auditUnreached(c, { session: null, ...attempt, path: request.path }, error, dependencies)
    if (error instanceof ChallengeNeededError && attempt.challenge !== undefined)
      return challengeNeeded(
        c,
        error,
        await dependencies.challenges.issue(attempt.challenge, attempt.email ?? '', error.level),
      )
    const refusal = error instanceof RateLimitedError ? refusalOf(c, error) : null
    if (refusal !== null) return refusal
    throw error
  }
}

/** A right code that was given before is not looked at again. */
async function withinOnce({ once }: AttemptLimits, limits: Limits, send: () => Promise<Response>): Promise<Response> {
  return limits.within((await once?.()) ?? [], send, ({ ok }) => (ok ? 'done' : 'void'))
}

/** A known browser that has used up its own tries is treated as an unknown one. */
async function withinOwn(
  attempt: AttemptLimits,
  within: (charges: AttemptLimits['charges']) => Promise<Response>,
): Promise<Response> {
  const own = (await attempt.own?.()) ?? []
  try {
    if (own.length > 0) return await within(own)
  } catch (error) {
    if (!(error instanceof RateLimitedError && error.limit === 'sign-in:browser')) throw error
  }
  return within(attempt.charges)
}

async function solutionIn(
  c: Context<HttpEnv>,
  { challenge, email = '' }: AttemptLimits,
  { challenges }: Pick<Dependencies, 'challenges'>,
): Promise<ProofOfWork | null> {
  return challenge === undefined ? null : challenges.verify(c.req.header(SOLUTION_HEADER), challenge, email)
}

/** The same for every email address, whether or not it has an account. */
function challengeNeeded(
  c: Context<HttpEnv>,
  { retryAfter }: ChallengeNeededError,
  challenge: Awaited<ReturnType<Challenges['issue']>>,
): Response {
  c.header('Retry-After', String(retryAfter))
  const message = `Too many attempts. Please send the solution of the challenge in the header ${SOLUTION_HEADER}, or wait.`
  return c.json({ code: 'CHALLENGE_NEEDED', message, challenge }, 429)
}

async function answer(
  c: Context<HttpEnv>,
  body: string,
  { auth, database, baseUrl }: Pick<Dependencies, 'auth' | 'database' | 'baseUrl'>,
): Promise<Response> {
  const response = await auth.handler(forwarded(c, body, baseUrl)).catch(async (error: unknown) => {
    throw await outageOr(error, database)
  })
  if (response.status === 404 && response.body === null) return notFound(c)
  // After a right password, an outage reads as after a wrong one that cannot be counted. A full queue compares nothing.
  if (response.status === 503 && !response.headers.has('retry-after')) {
    // The session of this browser already has a new secret.
    for (const cookie of response.headers.getSetCookie()) c.header('Set-Cookie', cookie, { append: true })
    throw new SessionStoreUnavailableError(new Error('better-auth answered 503'))
  }
  if (response.status === 500) throw await outageOr(new Error('better-auth failed'), database)
  return response
}

/** The answer for a limit that waiting does not help with; `null` for the others. */
function refusalOf(c: Context<HttpEnv>, { limit, retryAfter }: RateLimitedError): Response | null {
  // As for any wrong code: whether it was right does not matter a second time.
  if (limit === 'code:once') return c.json({ code: 'INVALID_CODE', message: 'Invalid code' }, 401)
  const what = limit === 'proof:session' ? 'PASSWORDS' : limit === 'code:session' ? 'CODES' : null
  if (what === null) return null
  // Signing in again makes a session that may prove who its person is.
  const message = `Too many wrong ${what.toLowerCase()} were given in this session. Please sign out and sign in again.`
  c.header('Retry-After', String(retryAfter))
  return c.json({ code: `TOO_MANY_WRONG_${what}`, message }, 429)
}

/** The request under the configured origin, whatever its Host says. */
function forwarded(c: Context<HttpEnv>, body: string, baseUrl: string): Request {
  const { pathname, search } = new URL(c.req.url)
  const headers = new Headers(c.req.raw.headers)
  const { address, isKnown } = c.get('client')
  headers.set(CLIENT_ADDRESS_HEADER, isKnown ? address : UNKNOWN_CLIENT_ADDRESS)
  const { method } = c.req
  return new Request(new URL(pathname + search, baseUrl), { method, headers, body: body === '' ? null : body })
}

function emailIn(json: unknown): string {
  return textIn(json, 'email').trim().toLowerCase()
}

/** A field of a body; empty for anything but text. */
function textIn(json: unknown, field: string): string {
  const { data } = z.object({ [field]: z.string() }).safeParse(json)
  return data?.[field] ?? ''
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // better-auth refuses it
  }
}

/** Pages explain these two at their fields. */
function codeOf({ issues }: ZodError): string {
  const field = issues[0]?.path[0]
  return field === 'name' ? 'INVALID_NAME' : field === 'email' ? 'INVALID_EMAIL' : 'BAD_REQUEST'
}

function notFound(c: Context<HttpEnv>): Response {
  return refuse(c, 'NOT_FOUND', 'There is nothing here')
}
