import type { AuditEvent } from '@rollcall/auth'
import { initTRPC, TRPCError } from '@trpc/server'
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc'
import type { Context } from './context.js'
import { auditResult, publicError, ReauthenticationRequiredError } from './errors.js'

const t = initTRPC.context<Context>().create({
  isDev: false, // would put stacks into answers
  // A sign of life keeps proxies from closing a quiet stream, and tells either end when the other one is gone.
  sse: { ping: { enabled: true, intervalMs: 10_000 }, client: { reconnectAfterInactivityMs: 25_000 } },
  errorFormatter: ({ shape, error }) => {
    const { code, reason, message, status } = publicError(error)
    const data = { ...shape.data, code, httpStatus: status, reason: reason ?? null }
    return { ...shape, message, code: TRPC_ERROR_CODES_BY_KEY[code], data }
  },
})

export const router = t.router
export const publicProcedure = t.procedure

/** One message for every way of not being signed in. */
export function unauthorized(): TRPCError {
  return new TRPCError({ code: 'UNAUTHORIZED', message: 'Please sign in' })
}

/** Asks Redis anew for each call, so that a call never outlives a revoke that its batch mate has made. */
const validated = t.middleware(async ({ ctx, type, next }) => {
  // A stream is opened again by the browser itself, so it says nothing of the person's activity.
  const signedIn = await ctx.auth.authenticate(ctx.headers, { touch: type !== 'subscription' })
  if (signedIn === null) throw unauthorized()
  return next({ ctx: signedIn })
})

/** Gives `session` and `token` of the request, or answers UNAUTHORIZED. */
export const sessionProcedure = publicProcedure.use(validated)

type Trail = Partial<Pick<AuditEvent, 'userId' | 'sessionId' | 'ended'>>

/** Writes one audit line per call, whatever becomes of it; the call adds to `trail` what it learns. */
const audited = (event: AuditEvent['event']) =>
  t.middleware(async ({ ctx, next }) => {
    const trail: { -readonly [K in keyof Trail]: Trail[K] } = {}
    const result = await next({ ctx: { trail } })
    ctx.audit({ event, result: result.ok ? 'ok' : auditResult(result.error), ipAddress: ctx.clientAddress, ...trail })
    return result
  })

/** A session procedure that ends sessions: audited, limited per user, and only for who has proved lately who they are. */
export const revocationProcedure = (event: 'revoke' | 'revoke-others' | 'revoke-all') =>
  publicProcedure
    .use(audited(event))
    .use(validated)
    .use(async ({ ctx, next }) => {
      ctx.trail.userId = ctx.session.userId
      ctx.trail.sessionId = ctx.session.id
      await ctx.limits.chargeEnding([['revoke:user', ctx.session.userId]])
      if (!ctx.isRecent(ctx.session.authenticatedAt)) throw new ReauthenticationRequiredError()
      const result = await next()
      if (!result.ok && auditResult(result.error) === 'refused') await ctx.activity.note(`${event}-refused`, ctx.session)
      return result
    })
