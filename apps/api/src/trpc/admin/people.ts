import { asSeenBy, type Streams } from '@rollcall/devices'
import { z } from 'zod'
import type { Person } from '../../accounts/people/administrators.js'
import { activityInput, toEntries } from '../activity.js'
import { router } from '../procedures.js'
import { unknownPerson } from './errors.js'
import { id } from './inputs.js'
import { adminProcedure } from './procedures.js'

/** Finds people, and shows what belongs to one of them. */
export function createPeopleRouter(streams: Streams) {
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
    show: adminProcedure.input(z.object({ id })).query(async ({ ctx: { auth, session }, input: { id } }) => {
      const [person, devices] = await Promise.all([auth.findUser(id), streams.list(id)])
      if (person === null) throw unknownPerson()
      return { person: toPublic(person), devices: asSeenBy(session.id, devices) }
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
