import { unauthorized, type IsRecent, requireRecentProof } from '@rollcall/trpc'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import type { Person } from '../../accounts/people/administrators.js'
import { rejectOtherSession } from '../../accounts/expected-session.js'
import { auditResult } from '../../errors.js'
import type { Auth } from '../../accounts/auth.js'
import { strictProcedure } from '../procedures.js'
import { administrationError } from './errors.js'

/** The user whom a call is about, for its audit line. */
const subject = z.object({ id: z.string() })

/** @throws {TRPCError} NOT_FOUND, in the words of tRPC for a procedure that does not exist. */
async function requireAdministrator(auth: Auth, userId: string, path: string): Promise<Person> {
  const person = await auth.findUser(userId)
  if (person === null || !person.isAdmin || person.isBanned)
    throw new TRPCError({ code: 'NOT_FOUND', message: `No procedure found on path "${path}"` })
  return person
}

/**
 * For administrators alone. The role is read from SQL at each call. Anybody else gets the answer that a procedure gives which
 * does not exist. `confirmRights` asks for the session and the role again. A call that has read for long calls it before it
 * changes or shows anything. A stream does so before each message.
 */
const roleProcedure = strictProcedure.use(async ({ ctx: { auth, headers, session }, path, next }) => {
  const requireRole = () => requireAdministrator(auth, session.userId, path)
  const administrator = await requireRole()
  const confirmRights = async (): Promise<void> => {
    const current = await auth.authenticate(headers, { touch: false, strict: true })
    if (current?.session.id !== session.id) throw unauthorized()
    await requireRole()
  }
  return next({ ctx: { administrator, confirmRights } })
})

/**
 * Limited per session. An audit line names the administrator and the person concerned.
 *
 * @param auditsSuccesses If not, only a refused call leaves a line.
 */
const procedureForAdmins = ({ auditsSuccesses }: { readonly auditsSuccesses: boolean }) =>
  roleProcedure
    .use(async ({ ctx, path, getRawInput, next }) => {
      const { session, client } = ctx
      const subjectId = subject.safeParse(await getRawInput()).data?.id
      const result = await next()
      if (!result.ok || auditsSuccesses)
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
    // After the audit, which also has what the limit refuses.
    .use(({ ctx: { limits, session }, next }) =>
      limits.within([['admin:session', session.userId, session.id]], () => next()),
    )
    .use(async ({ next }) => {
      const result = await next()
      return result.ok ? result : { ...result, error: administrationError(result.error) }
    })

export const adminProcedure = procedureForAdmins({ auditsSuccesses: true })
/** For what a page shows of all operations, and asks for again and again. */
export const unauditedProcedure = procedureForAdmins({ auditsSuccesses: false })

/** For what changes something: it needs a recent proof. */
export const adminChange = (isRecent: IsRecent) =>
  adminProcedure.use(({ ctx, next }) => {
    rejectOtherSession(ctx.headers, ctx.session)
    requireRecentProof(ctx.session, isRecent)
    return next()
  })
