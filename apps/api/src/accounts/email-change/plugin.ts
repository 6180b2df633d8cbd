import type { GenericEndpointContext } from '@better-auth/core'
import { getCurrentAdapter, runWithTransaction } from '@better-auth/core/context'
import type { BetterAuthPlugin } from 'better-auth'
import { APIError, createAuthEndpoint, getSessionFromCtx } from 'better-auth/api'
import { z } from 'zod'
import type { AccountMails } from '../prepared-mails.js'
import { isAddressTaken } from '../people/address-taken.js'
import { languageOf } from '../people/language.js'
import { lockUser } from '../people/lock-user.js'
import { timeZoneOf } from '../people/time-zone.js'
import { findLinkedEmailChange, type LinkedEmailChange } from './email-changes.js'
import { deleteEmailChange, findEmailChange, writeEmailChange } from './pending.js'

/**
 * `POST /confirm-email-change { token, revokeOtherSessions? }`, for the links of both mails. It needs no session. The second
 * of the two confirmations changes the email address. The policy then revokes the sessions of the account, but keeps the one that
 * this request came with under a new secret. An outage changes nothing, and the link still works.
 */
export function emailChanges(mails: AccountMails) {
  return {
    id: 'email-changes',
    endpoints: {
      confirmEmailChange: createAuthEndpoint(
        '/confirm-email-change',
        { method: 'POST', body: z.object({ token: z.string(), revokeOtherSessions: z.boolean().optional() }) },
        async (ctx) => {
          const change = await findLinkedEmailChange(ctx.context, ctx.body.token)
          const user = change && (await ctx.context.internalAdapter.findUserById(change.userId))
          if (change === null || user === null) throw invalidToken()
          await getSessionFromCtx(ctx) // the policy keeps it
          // Also for the first of the two, since the other one may be confirmed in this moment. They are dropped without a change.
          const notices = await mails.prepareEmailChanged(change.userId, {
            changeId: change.changeId,
            from: user.email,
            to: change.email,
            language: languageOf(user),
            timeZone: timeZoneOf(user),
          })
          const outcome = await confirm(ctx, change)
          if (outcome === 'over') throw invalidToken()
          // They leave a few seconds later by themselves.
          if (outcome === 'changed') await notices.release().catch(() => undefined)
          return ctx.json({ status: true, changed: outcome === 'changed' })
        },
      ),
    },
  } satisfies BetterAuthPlugin
}

type Outcome = 'changed' | 'confirmed' | 'over'

/** @throws {APIError} 409 if another account has the address by now. Only somebody who reads mails to it comes so far. */
async function confirm({ context }: GenericEndpointContext, linked: LinkedEmailChange): Promise<Outcome> {
  const { userId, side, email } = linked
  try {
    return await runWithTransaction(context.adapter, async () => {
      if ((await lockUser(context, userId)) === null) return 'over'
      const change = await findEmailChange(context, userId)
      // To delete it also shows that no new password has ended it in this moment.
      const isPending = change?.id === linked.changeId && !change.confirmed.includes(side)
      if (!isPending || !(await deleteEmailChange(context, userId))) return 'over'
      const confirmed = [...change.confirmed, side]
      if (confirmed.length === 1) {
        await writeEmailChange(context, userId, { ...change, confirmed })
        return 'confirmed'
      }
      if ((await context.internalAdapter.findUserByEmail(email)) !== null) throw emailTaken()
      const sql = await getCurrentAdapter(context.adapter)
      const where = [{ field: 'id', value: userId }]
      await sql.update({ model: 'user', where, update: { email, emailVerified: true } })
      return 'changed'
    })
  } catch (error) {
    throw (await isAddressTaken(context, error, email, userId)) ? emailTaken() : error
  }
}

/** One answer for a token that is unknown, used or expired. */
function invalidToken(): APIError {
  return new APIError('BAD_REQUEST', { code: 'INVALID_TOKEN', message: 'Invalid token' })
}

function emailTaken(): APIError {
  return new APIError('CONFLICT', { code: 'EMAIL_TAKEN', message: 'Another account has this email address' })
}
