import { leaveAuditToCaller, type AuditEvent } from '@rollcall/auth'
import { createSessionProcedure, type RevocationName, revokeInput, unauthorized } from '@rollcall/trpc'
import { initTRPC } from '@trpc/server'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import { z } from 'zod'
import { rejectOtherSession } from '../accounts/expected-session.js'
import { auditResult, publicError } from '../errors.js'
import type { Context } from './context.js'

const t = initTRPC.context<Context>().create({
  isDev: false, // would put stacks into answers
  // A heartbeat keeps proxies from closing a quiet stream, and lets each end notice that the other one is gone.
  sse: { ping: { enabled: true, intervalMs: 10_000 }, client: { reconnectAfterInactivityMs: 25_000 } },
  errorFormatter: ({ shape, error }) => {
    const { code, reason, message, status } = publicError(error)
    const data = { ...shape.data, code, httpStatus: status, reason }
    return { ...shape, message, code: TRPC_ERROR_CODES_BY_KEY[code], data }
  },
})

export const router = t.router
export const mergeRouters = t.mergeRouters
const publicProcedure = t.procedure

const signedInBy = ({ touches }: { readonly touches: boolean }) =>
  createSessionProcedure<Context>(({ auth, headers }, { touch, strict }) =>
    auth.authenticate(headers, { touch: touch && touches, strict }),
  ).use(({ ctx, type, next }) => {
    if (type === 'mutation') rejectOtherSession(ctx.headers, ctx.session)
    return next()
  })
const signedIn = signedInBy({ touches: true })

/** Gives `session` and `token` of the request, or answers UNAUTHORIZED. */
export const sessionProcedure = publicProcedure.concat(signedIn)

/**
 * The same, and past a near-cache even for a query: for what a revoked session must not read for one more moment. A stream is
 * refused like a query.
 */
export const strictProcedure = publicProcedure
  .use(async ({ ctx, next }) => {
    const result = await next()
    if (!result.ok) ctx.refuseAsQuery()
    return result
  })
  .concat(
    createSessionProcedure<Context>(({ auth, headers }, { touch }) =>
      auth.authenticate(headers, { touch, strict: true }),
    ),
  )

/** Milliseconds that a call waits for SQL at most: a database that hangs must not hold up what Redis alone can answer. */
const USER_TIMEOUT_MS = 100

/** Whether SQL says that the user of a session is gone. An outage of SQL says nothing. */
async function isUserGone({ auth }: Context, userId: string): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), USER_TIMEOUT_MS)
  })
  const found = auth.findUser(userId).then(
    (user) => user === null,
    () => false,
  )
  return Promise.race([found, late]).finally(() => clearTimeout(timer))
}

/**
 * Shows nothing to a user whose row was deleted by hand in SQL, although Redis still holds the
 * session. SQL is asked beside the work of the call. It revokes nothing: an empty database, set by mistake, must not sign
 * everybody out for good.
 */
const forUsers = (procedure: typeof sessionProcedure) =>
  procedure.use(async ({ ctx, type, next }) => {
    if (type === 'mutation') return next()
    const gone = isUserGone(ctx, ctx.session.userId)
    if (type === 'subscription' && (await gone)) throw unauthorized()
    const result = await next()
    if (await gone) throw unauthorized()
    return result
  })

/** A session procedure that refuses a user whose row is gone. */
export const userProcedure = forUsers(sessionProcedure)

/** The same for what an open page asks by itself. It does not count as a use, and so does not keep the session alive. */
export const backgroundProcedure = forUsers(publicProcedure.concat(signedInBy({ touches: false })))

type Trail = Partial<Pick<AuditEvent, 'userId' | 'sessionId' | 'ended'>>

interface AuditOptions {
  /** The work of the call writes the line of a success itself. Default: false. */
  readonly auditsItself?: boolean
}

/** Writes one audit line per call, whatever becomes of it; the call adds to `trail` what it learns. */
const auditCalls = (event: AuditEvent['event'], { auditsItself = false }: AuditOptions) =>
  t.middleware(async ({ ctx, next }) => {
    const trail: { -readonly [K in keyof Trail]: Trail[K] } = {}
    const result = await next({ ctx: { trail } })
    const ipAddress = ctx.client.address
    if (!result.ok) ctx.audit({ event, result: auditResult(result.error), ipAddress, ...trail })
    else if (!auditsItself) ctx.audit({ event, result: 'ok', ipAddress, ...trail })
    return result
  })

/** A session procedure that leaves an audit line with its session, whatever becomes of the call. */
export const auditedProcedure = (event: AuditEvent['event'], options: AuditOptions = {}) =>
  publicProcedure
    .use(auditCalls(event, options))
    .concat(signedIn)
    .use(({ ctx, next }) => {
      ctx.trail.userId = ctx.session.userId
      ctx.trail.sessionId = ctx.session.id
      return next()
    })

/** The answer of procedures that revoke sessions. */
const revocationResult = z.object({ revoked: z.int() })

/** A session procedure that revokes sessions: audited, and limited per session. */
export const revocationProcedure = (event: RevocationName) =>
  auditedProcedure(event).use(async ({ ctx, getRawInput, next }) => {
    if (event === 'revoke') ctx.trail.sessionId = revokeInput.safeParse(await getRawInput()).data?.id ?? ctx.session.id
    const result = await ctx.limits.within(
      [['revoke:session', ctx.session.userId, ctx.session.id]],
      () => leaveAuditToCaller(() => next()),
      (done) => (!done.ok && auditResult(done.error) === 'unavailable' ? 'void' : 'done'),
      { uncounted: true },
    )
    if (result.ok) {
      ctx.trail.ended = revocationResult.parse(result.data).revoked
      if (event === 'revoke-all')
        for (const cookie of ctx.auth.expiredCookies()) ctx.responseHeaders.append('set-cookie', cookie)
    } else if (result.error.code === 'UNAUTHORIZED') {
      // It was revoked meanwhile. A live session leaves no event of a refusal: a thief could bury their sign-in under them.
      await ctx.activity.record(`${event}-refused`, ctx.session)
    }
    return result
  })
