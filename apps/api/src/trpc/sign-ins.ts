import { deviceOf, type Place, type PlaceOf } from '@rollcall/devices'
import type { Session, SessionStore } from '@rollcall/session-store'
import { TRPCError } from '@trpc/server'
import { z } from 'zod'
import type { SignIn } from '../accounts/activity/sign-ins.js'
import { findUnusual, type UnusualSign } from '../accounts/activity/unusual.js'
import { beginVisit } from '../accounts/activity/visits.js'
import { withinReads } from './history.js'
import { backgroundProcedure, router, sessionProcedure } from './procedures.js'

/** IP addresses that the details of a device show: the latest. */
const MAX_ADDRESSES = 10

const sessionId = z.string().min(1).max(64)

export interface DeviceDetails {
  /** As it was sent at the sign-in. */
  readonly userAgent: string | null
  /** Of this browser, as far as the activity remembers: ISO 8601, and how many. */
  readonly firstSignInAt: string
  readonly lastSignInAt: string
  readonly signIns: number
  /** The IP addresses that it signed in from, the latest first. */
  readonly addresses: readonly { readonly ipAddress: string | null; readonly place: Place | null }[]
}

/** Gives the page the sign-ins behind the devices. It reads the activity, so it needs SQL. */
export function createSignInsRouter(store: SessionStore) {
  return router({
    /** The sign-ins that a person may want to look at twice, by the id of the session. The current one is never among them. */
    unusual: backgroundProcedure.query(async ({ ctx: { activity, limits, placeOf, session } }) => {
      const [signIns, lastVisit] = await withinReads(limits, session, () =>
        Promise.all([activity.signIns(session.userId), beginVisit(store, session)]),
      )
      const unusual = findUnusual(signIns, placeOf)
      const signsOf = ({ session: { id }, at, isConfirmed }: SignIn): UnusualSign[] => {
        const isNew = lastVisit !== null && at.getTime() > lastVisit && !isConfirmed
        return [...(unusual.get(id) ?? []), ...(isNew ? (['since-last-visit'] as const) : [])]
      }
      const longestLife = store.clock() - store.timeouts.absolute
      return signIns
        .filter((signIn) => signIn.session.id !== session.id && signIn.at.getTime() > longestLife)
        .map((signIn) => ({ id: signIn.session.id, signs: signsOf(signIn) }))
        .filter(({ signs }) => signs.length > 0)
    }),

    /** "It was me", said of other sign-ins. It is an event of the activity, with the session that it was said in. */
    confirm: sessionProcedure
      .input(z.object({ ids: z.array(sessionId).min(1).max(100) }))
      .mutation(async ({ ctx: { activity, limits, session }, input: { ids } }) => {
        if (ids.includes(session.id))
          throw new TRPCError({ code: 'BAD_REQUEST', message: 'A session cannot confirm itself' })
        const confirmed = await limits.within([['confirm:session', session.userId, session.id]], () =>
          activity.confirm(session, ids),
        )
        return { confirmed }
      }),

    /** `null` for a session that is unknown or another user's. */
    details: backgroundProcedure
      .input(z.object({ id: sessionId }))
      .query(async ({ ctx: { activity, limits, placeOf, session }, input: { id } }): Promise<DeviceDetails | null> => {
        const found = (await store.list(session.userId)).find((one) => one.id === id)
        if (found === undefined) return null
        const signIns = await withinReads(limits, session, () => activity.signIns(session.userId))
        return toDetails(found, signIns, placeOf)
      }),
  })
}

function toDetails(session: Session, signIns: readonly SignIn[], placeOf: PlaceOf): DeviceDetails {
  const deviceId = deviceOf(session)?.id
  const own = signIns.filter(
    (signIn) =>
      signIn.session.id === session.id || (deviceId !== undefined && deviceOf(signIn.session)?.id === deviceId),
  )
  const addresses = new Set([session.ipAddress, ...own.toReversed().map((signIn) => signIn.session.ipAddress)])
  return {
    userAgent: session.userAgent,
    firstSignInAt: (own[0]?.at ?? session.createdAt).toISOString(),
    lastSignInAt: (own.at(-1)?.at ?? session.createdAt).toISOString(),
    signIns: Math.max(own.length, 1),
    addresses: [...addresses].slice(0, MAX_ADDRESSES).map((ipAddress) => ({ ipAddress, place: placeOf(ipAddress) })),
  }
}
