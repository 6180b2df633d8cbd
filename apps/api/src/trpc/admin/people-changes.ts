import type { IsRecent } from '@rollcall/trpc'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import type { Person } from '../../accounts/people/administrators.js'
import type { Auth } from '../../accounts/auth.js'
import { router } from '../procedures.js'
import { unknownPerson } from './errors.js'
import { id, reason } from './inputs.js'
import { adminChange } from './procedures.js'

/** Signs a person out, and more. It answers for a session that is unknown as for one of another user. */
export function createPeopleChangesRouter(isRecent: IsRecent) {
  const change = adminChange(isRecent)
  return router({
    /** Signs out one session of a person, or all of them. The administrator's own session stays. */
    signOut: change
      .input(z.object({ id, sessionId: id.optional(), reason }))
      .mutation(async ({ ctx: { administration, administrator, session }, input: { id, sessionId, reason } }) => {
        const filter = { users: [id], ...(sessionId !== undefined && { sessions: [sessionId] }) }
        const request = { reason, startedBy: administrator.email, keep: session.id }
        const { revoked } = await administration.revoke(filter, request)
        return { revoked }
      }),

    /** Signs a person out, makes their password stop working, and sends them a mail with a link to choose another one. */
    requirePasswordReset: change
      .input(z.object({ id, reason }))
      .mutation(async ({ ctx: { administration, administrator, auth }, input: { id, reason } }) => {
        rejectAdministrator(await requirePerson(auth, id))
        let hadPassword = false
        const { revoked } = await administration.signOutAnd(
          'require-password-reset',
          id,
          { reason, startedBy: administrator.email },
          async () => {
            hadPassword = await auth.requirePasswordReset(id)
          },
        )
        return { revoked, hadPassword }
      }),

    /** Signs a person out, and refuses every sign-in of theirs from then on. */
    ban: change
      .input(z.object({ id, reason }))
      .mutation(async ({ ctx: { administration, administrator, auth }, input: { id, reason } }) => {
        rejectAdministrator(await requirePerson(auth, id))
        const { revoked } = await administration.signOutAnd('ban', id, { reason, startedBy: administrator.email }, () =>
          auth.ban(id, reason),
        )
        return { revoked }
      }),

    unban: change.input(z.object({ id })).mutation(async ({ ctx, input: { id } }) => {
      const { administration, administrator, auth } = ctx
      const { isBanned } = await requirePerson(auth, id)
      if (isBanned) await administration.record('unban', id, { startedBy: administrator.email }, () => auth.unban(id))
      return { isBanned: false }
    }),
  })
}

async function requirePerson(auth: Auth, id: string): Promise<Person> {
  const person = await auth.findUser(id)
  if (person === null) throw unknownPerson()
  return person
}

/** One stolen session could lock out all others, and two that do it to each other would leave nobody. */
function rejectAdministrator({ isAdmin }: Person): void {
  if (isAdmin)
    throw new TRPCError({
      code: 'BAD_REQUEST',
      message: 'This person is an administrator: take the role away first, with the command',
    })
}
