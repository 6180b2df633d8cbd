import { asSeenBy, type Streams } from '@rollcall/devices'
import { unauthorized, type IsRecent, requireRecentProof } from '@rollcall/trpc'
import { z } from 'zod'
import { languageInput } from '../accounts/people/language.js'
import { personName } from '../accounts/people/names.js'
import { timeZoneInput } from '../accounts/people/time-zone.js'
import { toEntries } from './activity.js'
import { toPending } from './email-change.js'
import { auditedProcedure, router, sessionProcedure, strictProcedure } from './procedures.js'
import { withinRenames } from './renames.js'

/** Events in the data of a person: what a browser can hold in memory, and a server send at once. */
const MAX_EVENTS = 5_000

export function createAccountRouter({ streams, isRecent }: { readonly streams: Streams; readonly isRecent: IsRecent }) {
  return router({
    /** The language of the mails to this account. The time zone of the browser that chose it is that of the times in them. */
    setLanguage: sessionProcedure
      .input(z.object({ language: languageInput, timeZone: timeZoneInput }))
      .mutation(async ({ ctx: { auth, limits, session }, input: { language, timeZone } }) => {
        await limits.within([['language:session', session.userId, session.id]], () =>
          auth.setLanguage(session.userId, language, timeZone),
        )
        return { language }
      }),

    /** Returns the name as it is stored: without the white space around it. */
    changeName: sessionProcedure
      .input(z.object({ name: personName }))
      .mutation(async ({ ctx: { auth, limits, session }, input: { name } }) => {
        const isKnown = await withinRenames(limits, session, () => auth.renamePerson(session, name))
        if (!isKnown) throw unauthorized()
        return { name }
      }),

    /** `null` for an account without one. */
    password: sessionProcedure.query(async ({ ctx: { auth, session } }) => {
      const password = await auth.findPassword(session.userId)
      return password && { lastUsedAt: password.lastUsedAt?.toISOString() ?? null }
    }),

    /** All that is stored about the person, without secrets, hashes and tokens. `isComplete`: no older event was left out. */
    data: strictProcedure.query(async ({ ctx: { auth, activity, limits, placeOf, session } }) => {
      const { userId, id } = session
      return limits.within([['account-data:session', userId, id]], async () => {
        const [own, emailChange, devices, { events, next }] = await Promise.all([
          auth.readPersonalData(userId),
          auth.findEmailChange(userId),
          streams.list(userId),
          activity.list(userId, { limit: MAX_EVENTS }),
        ])
        if (own === null) throw unauthorized()
        return {
          ...own,
          emailChange: emailChange && toPending(emailChange),
          sessions: asSeenBy(id, devices),
          activity: toEntries(events, id, placeOf),
          isComplete: next === null,
        }
      })
    }),

    /**
     * Deletes the account of the caller, which revokes all of its sessions and clears the cookie. It needs a recent proof. After
     * an error the account may be deleted all the same, if the error came after the commit: then nothing of it signs in.
     */
    delete: auditedProcedure('user-deleted', { auditsItself: true }).mutation(async ({ ctx }) => {
      const { auth, limits, session, token } = ctx
      requireRecentProof(session, isRecent)
      const isDeleted = await limits.within(
        [['account:session', session.userId, session.id]],
        () => auth.deleteUser({ session, token }),
        undefined,
        { uncounted: true },
      )
      if (!isDeleted) throw unauthorized()
      for (const cookie of auth.expiredCookies()) ctx.responseHeaders.append('set-cookie', cookie)
      return { deleted: true }
    }),
  })
}
