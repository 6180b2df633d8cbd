import { asSeenBy, type Streams } from '@rollcall/devices'
import type { Session } from '@rollcall/session-store'
import { z } from 'zod'
import type { Person } from '../../accounts/people/administrators.js'
import { activityInput, toEntries } from '../activity.js'
import { router } from '../procedures.js'
import { unknownPerson } from './errors.js'
import type { LiveViews } from '../../administration/live-views.js'
import type { Context } from '../context.js'
import { id } from './inputs.js'
import type { ListOperations } from './operations.js'
import { adminProcedure } from './procedures.js'

interface Dependencies {
  readonly streams: Streams
  readonly liveViews: LiveViews
  readonly listOnce: ListOperations
}

/** Finds people, and shows what belongs to one of them. */
export function createPeopleRouter({ streams, liveViews, listOnce }: Dependencies) {
  async function show({ auth, session }: Pick<Context, 'auth'> & { readonly session: Session }, id: string) {
    const [person, devices] = await Promise.all([auth.findUser(id), streams.list(id)])
    if (person === null) throw unknownPerson()
    return { person: toPublic(person), devices: asSeenBy(session.id, devices) }
  }

  return router({
    /** By a part of the name or email address, the id, the id of a session, or the IP address of a device. */
    search: adminProcedure
      .input(z.object({ text: z.string().trim().min(1).max(320) }))
      .query(async ({ ctx: { administration, auth, confirmRights, limits, session }, input: { text }, signal }) => {
        const within = <T>(scan: () => Promise<T>) =>
          limits.within([['admin-scan:session', session.userId, session.id]], scan)
        const scanning = { within, signal }
        const { userIds, isComplete } = await administration.findUsers(text, scanning)
        await confirmRights()
        const people = await auth.findUsers(userIds)
        return { people: people.map(toPublic), isComplete }
      }),

    /** A person and their devices, as they see them. */
    show: adminProcedure.input(z.object({ id })).query(({ ctx, input: { id } }) => show(ctx, id)),

    /**
     * The same with the operations, now and after every change, until the session or the role ends. A page that shows a person shows
     * the operations too: with two streams, three windows would use up the six connections of a browser.
     */
    changes: adminProcedure.input(z.object({ id })).subscription(({ ctx, input: { id }, signal }) => {
      const read = async () => {
        const [shown, operations] = await Promise.all([show(ctx, id), listOnce(ctx)])
        return { ...shown, operations }
      }
      return liveViews.open(['operations', { userId: id }], read, ctx, signal)
    }),

    /** The activity of a person, as they see it. */
    activity: adminProcedure
      .input(activityInput.unwrap().extend({ id }))
      .query(async ({ ctx: { activity, placeOf, session }, input: { id, cursor, kind, limit } }) => {
        const { events, next } = await activity.list(id, { before: cursor, limit, kind })
        return { entries: toEntries(events, session.id, placeOf), nextCursor: next }
      }),
  })
}

function toPublic({ createdAt, ...person }: Person) {
  return { ...person, createdAt: createdAt.toISOString() }
}
