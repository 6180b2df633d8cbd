import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { rejectOtherSession } from '../../accounts/expected-session.js'
import { auditResult, DatabaseUnavailableError } from '../../errors.js'
import { strictProcedure } from '../procedures.js'
import { type IsRecent, requireRecentProof } from '../recent-proof.js'

/** The user whom a call is about, for its audit line. */
const subject = z.object({ id: z.string() })

/**
 * For administrators alone. The role is read from SQL at each call. Anybody else gets the answer that a procedure gives which
 * does not exist.
 */
export const quietProcedure = strictProcedure.use(async ({ ctx, path, next }) => {
  const { auth, limits, session } = ctx
  const administrator = await auth.findUser(session.userId).catch((cause: unknown) => {
    throw new DatabaseUnavailableError(cause)
  })
  if (administrator === null || !administrator.isAdmin || administrator.isBanned)
    throw new TRPCError({ code: 'NOT_FOUND', message: `No procedure found on path "${path}"` }) // the words of tRPC
  return limits.within([['admin:session', session.userId, session.id]], () => next({ ctx: { administrator } }))
})

/** The same, with an audit line that names the administrator and the person whom the call is about. */
export const adminProcedure = quietProcedure.use(async ({ ctx, path, getRawInput, next }) => {
  const { session, client } = ctx
  const subjectId = subject.safeParse(await getRawInput()).data?.id
  const result = await next()
  ctx.audit({
    event: 'administration',
    result: result.ok ? 'ok' : auditResult(result.error),
    procedure: path,
    userId: session.userId,
    sessionId: session.id,
    ipAddress: client.address,
    ...(subjectId !== undefined && { subjectId }),
  })
  return result
})

/** For what changes something: it needs a recent proof. */
export const adminChange = (isRecent: IsRecent) =>
  adminProcedure.use(({ ctx, next }) => {
    rejectOtherSession(ctx.headers, ctx.session)
    requireRecentProof(ctx.session, isRecent)
    return next()
  })
