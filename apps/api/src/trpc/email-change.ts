import { unauthorized, type IsRecent, requireRecentProof } from '@rollcall/trpc'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import type { EmailChange } from '../accounts/email-change/pending.js'
import { newEmail } from '../accounts/people/names.js'
import { emailChangeCharges, withinMails } from '../limits/mail-limits.js'
import { auditedProcedure, router, sessionProcedure } from './procedures.js'

/** A pending change, as its person sees it. Times are ISO 8601. */
export function toPending({ email, confirmed, expiresAt }: EmailChange) {
  return { email, confirmed, expiresAt: expiresAt.toISOString() }
}

/** A new email address for the account of the caller. The links in the mails are confirmed below `/api/auth`, which changes cookies. */
export function createEmailChangeRouter({ isRecent }: { readonly isRecent: IsRecent }) {
  return router({
    /** The change that waits for its confirmations; `null` for none. */
    pending: sessionProcedure.query(async ({ ctx: { auth, session } }) => {
      const change = await auth.findEmailChange(session.userId)
      return change && toPending(change)
    }),

    /**
     * Sends a link to both addresses; the change takes the place of an earlier one. It needs a recent proof, and answers the same
     * whether or not another account has the new address. If one of the mails may not be sent, it refuses and changes nothing.
     */
    request: auditedProcedure('email-change-requested')
      .input(z.object({ email: newEmail }))
      .mutation(async ({ ctx: { auth, limits, session, token }, input: { email } }) => {
        requireRecentProof(session, isRecent)
        const { userId, id } = session
        const outcome = await limits.within(
          [
            ['email-change:session', userId, id],
            ['email-change:user', userId],
          ],
          async () => {
            const user = await auth.findUser(userId)
            if (user === null) return 'over'
            return withinMails(
              limits,
              [emailChangeCharges(userId, 'old', user.email), emailChangeCharges(userId, 'new', email)],
              () => auth.requestEmailChange({ session, token }, email),
              (outcome) => (outcome === 'requested' ? 'done' : 'void'),
            )
          },
        )
        if (outcome === 'over') throw unauthorized()
        if (outcome === 'own')
          throw new TRPCError({ code: 'BAD_REQUEST', message: 'The account has this address already' })
        return { email }
      }),

    /** Needs no proof: it changes nothing. `cancelled: false` if nothing was pending any more. */
    cancel: auditedProcedure('email-change-cancelled').mutation(async ({ ctx: { auth, limits, session } }) => {
      const cancelled = await limits.within([['account:session', session.userId, session.id]], () =>
        auth.cancelEmailChange(session.userId),
      )
      return { cancelled }
    }),
  })
}
