import type { IsRecent } from '@rollcall/trpc'
import type { Session } from '@rollcall/session-store'
import { countFits } from '@rollcall/admin'
import { toDevice } from '@rollcall/devices'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import { router } from '../procedures.js'
import { filterInput, reason } from './inputs.js'
import { adminChange, adminProcedure } from './procedures.js'

const MAX_SHOWN = 50
/** Milliseconds for a count that says "about", and for one that is exact. A scan of a million sessions takes about 15 s. */
const QUICK_MS = 500
const EXACT_MS = 60_000

/** Finds sessions across users by a filter, and revokes what it finds. */
export function createSessionsRouter(isRecent: IsRecent) {
  return router({
    /** Some of the sessions, and how many there are: about, unless `isExact` says that all were counted. */
    find: adminProcedure
      .input(z.object({ filter: filterInput, isExact: z.boolean().default(false) }))
      .query(async ({ ctx, input, signal }) => {
        const { administration, auth, confirmRights, limits, placeOf, session } = ctx
        const filter = await administration.readFilter(input.filter)
        const { sessions, users, sample, share } = await limits.within(
          [['admin-scan:session', session.userId, session.id]],
          () =>
            administration.preview(filter, {
              sample: MAX_SHOWN,
              signal: timeLimit(input.isExact ? EXACT_MS : QUICK_MS, signal),
            }),
        )
        await confirmRights()
        const people = await auth.findUsers([...new Set(sample.map(({ userId }) => userId))])
        const estimate = (count: number): number => (share > 0 ? Math.round(count / share) : count)
        return {
          isExact: share === 1,
          sessions: estimate(sessions),
          users: estimate(users),
          found: sample.map((found) => ({
            device: { ...toDevice(found, placeOf), isCurrent: found.id === session.id },
            user: ownerOf(found, people),
          })),
        }
      }),

    /**
     * Revokes what the filter finds, if the count fits: the sessions that `find` counted, within 2 %. It goes on in the background.
     * The administrator's own session stays, unless `isOwnMeant`, and counts in either case.
     */
    revoke: adminChange(isRecent)
      .input(
        z.object({
          filter: filterInput,
          count: z.int().nonnegative(),
          reason,
          note: reason,
          isOwnMeant: z.boolean().default(false),
        }),
      )
      .mutation(async ({ ctx, input: { filter: given, count, isOwnMeant, ...words }, signal }) => {
        const { administration, administrator, confirmRights, limits, session } = ctx
        const filter = await administration.readFilter(given)
        return limits.within([['admin-scan:session', session.userId, session.id]], async () => {
          const { sessions, share } = await administration.preview(filter, { signal: timeLimit(EXACT_MS, signal) })
          await confirmRights()
          if (share < 1 || !countFits(sessions, count)) throw countDiffers(sessions, count)
          const keep = isOwnMeant ? {} : { keep: session.id }
          const request = { ...words, ...keep, startedBy: administrator.email }
          const { id } = await administration.begin(filter, request)
          return { id }
        })
      }),
  })
}

/** Ends after so many milliseconds, or when the one who asks is gone. */
function timeLimit(milliseconds: number, signal: AbortSignal | undefined): AbortSignal {
  return AbortSignal.any([AbortSignal.timeout(milliseconds), ...(signal ? [signal] : [])])
}

function ownerOf({ userId }: Session, people: readonly { id: string; name: string; email: string }[]) {
  const { name, email } = people.find(({ id }) => id === userId) ?? { name: '', email: '' }
  return { id: userId, name, email }
}

function countDiffers(sessions: number, count: number): TRPCError {
  return new TRPCError({
    code: 'PRECONDITION_FAILED',
    message: `The count does not fit: it is ${sessions} now, not ${count}. Nothing was revoked.`,
  })
}
