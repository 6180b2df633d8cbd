import {
  type DeviceName,
  deviceOf,
  type Place,
  type PlaceOf,
  shownNameOf,
  type SignInMethod,
  signInMethodOf,
} from '@rollcall/devices'
import type { OperationSummary, SessionEvent, SessionSummary } from '@rollcall/session-store'
import { unauthorized } from '@rollcall/trpc'
import { z } from 'zod'
import type { Activity } from '../accounts/activity/activity.js'
import { type ActivityEvent, activityKinds, nobody } from '../accounts/activity/activity-rows.js'
import { findUnusual, type UnusualSign } from '../accounts/activity/unusual.js'
import { withinReads } from './history.js'
import { router, sessionProcedure } from './procedures.js'

const PAGE = 25
const MAX_PAGE = 100

export const activityInput = z
  .object({
    cursor: z.object({ at: z.int().nonnegative(), id: z.string().regex(/^\d{15}-\d{6,20}$/) }).nullish(),
    kind: z.enum(activityKinds).optional(),
    limit: z.int().min(1).max(MAX_PAGE).default(PAGE),
  })
  .default({ limit: PAGE })

export const activityRouter = router({
  /** The activity of the caller's own account, newest first. */
  list: sessionProcedure
    .input(activityInput)
    .query(async ({ ctx: { activity, auth, limits, placeOf, session }, input: { cursor, limit, kind } }) => {
      const { userId } = session
      const [{ events, next, signIns }, user] = await Promise.all([
        withinReads(limits, session, () => readPage(activity, userId, { before: cursor, limit, kind })),
        auth.findUser(userId),
      ])
      if (user === null) throw unauthorized()
      const unusual = findUnusual(signIns, placeOf)
      const entries = toEntries(events, session.id, placeOf).map((entry) => withSigns(entry, unusual))
      return { entries, nextCursor: next }
    }),
})

/** A page of the activity, with all sign-ins that those on it are compared with. */
async function readPage(activity: Activity, userId: string, options: Parameters<Activity['list']>[1]) {
  const page = await activity.list(userId, options)
  const hasSignIn = page.events.some(({ kind }) => kind === 'created')
  return { ...page, signIns: hasSignIn ? await activity.signIns(userId) : [] }
}

/** Events as the page shows them. `currentId`: of the session that asks. */
export function toEntries(events: readonly ActivityEvent[], currentId: string, placeOf: PlaceOf): ActivityEntry[] {
  const shown = (summary: SessionSummary): ActivityDevice => ({
    ...shownNameOf(summary),
    name: deviceOf(summary)?.name ?? null,
    ipAddress: summary.ipAddress,
    place: placeOf(summary.ipAddress),
    isCurrent: summary.id === currentId,
  })
  return events.flatMap((event) => toEntry(event, shown))
}

type ActivityType =
  | 'signed-in'
  /** From a browser that nobody had signed in from before. */
  | 'signed-in-first'
  | 'signed-out'
  /** By another device, or by none: see `by`. */
  | 'revoked'
  /** The password was reset, or a way in was changed from elsewhere. */
  | 'credentials-changed'
  /** Its time was up. */
  | 'expired'
  /** To make room for another device. */
  | 'capped'
  | 'by-operator'
  /** An operation on the sessions of everybody. */
  | 'all-by-operator'
  | 'password-changed'
  | 'password-reset'
  | 'password-set'
  | 'password-removed'
  /** Said that a sign-in was not theirs: the password was taken away. */
  | 'secured'
  /** The name of the person. */
  | 'name-changed'
  /** Changes of how the person signs in beside the password. */
  | 'passkey-added'
  | 'passkey-removed'
  | 'passkey-renamed'
  | 'provider-linked'
  | 'provider-unlinked'
  | 'second-factor-on'
  | 'second-factor-off'
  | 'backup-codes-renewed'
  | 'email-changed'
  /** An attempt to sign out other devices. */
  | 'refused'
  /** From the name that `device` bears to `newName`. */
  | 'renamed'
  /** By an administrator: no sign-in was possible from then on. */
  | 'banned'
  | 'unbanned'
  /** By an operator: the role. */
  | 'administrator-added'
  | 'administrator-removed'
  /** By an operator: the password stopped working. */
  | 'password-required'
  /** A wrong password, to sign in; and where someone signed in had to prove who they are. */
  | 'sign-in-refused'
  | 'proof-refused'
  /** The person said, with `by`, that the sign-in on `device` was theirs. */
  | 'confirmed'

/** @public because the declarations of the router name it. */
export interface ActivityDevice extends DeviceName {
  /** The name that its owner had given it at that time. */
  readonly name: string | null
  readonly ipAddress: string | null
  readonly place: Place | null
  readonly isCurrent: boolean
}

export interface ActivityEntry {
  readonly id: string
  readonly type: ActivityType
  /** ISO 8601. */
  readonly at: string
  readonly device: ActivityDevice
  /** Another device, that did it to this one. */
  readonly by: ActivityDevice | null
  /** The new name of a device; `null` when its name was removed. */
  readonly newName: string | null
  /** How many wrong passwords there were within a day, up to this one. */
  readonly attempts?: number
  /** For a sign-in: the session that it began, and what stands out about it unless it was confirmed. */
  readonly signIn?: { readonly sessionId: string; readonly signs: readonly UnusualSign[] }
  /** How a session signed in; `null` where that is unknown. */
  readonly signInMethod?: SignInMethod | null
  /** The public reason of an operation; left out if there is none. */
  readonly reason?: string
}

function withSigns(entry: ActivityEntry, unusual: ReadonlyMap<string, UnusualSign[]>): ActivityEntry {
  if (entry.signIn === undefined) return entry
  return { ...entry, signIn: { ...entry.signIn, signs: unusual.get(entry.signIn.sessionId) ?? [] } }
}

function toEntry(event: ActivityEvent, shown: (summary: SessionSummary) => ActivityDevice): ActivityEntry[] {
  const entry = { id: event.id, at: event.at.toISOString() }
  if (event.kind === 'renamed') {
    const device = { ...shown(event.session ?? nobody), name: event.from }
    return [
      {
        ...entry,
        type: 'renamed',
        device,
        by: event.session?.id === event.by.id ? null : shown(event.by),
        newName: event.to,
      },
    ]
  }
  if (event.kind === 'confirmed')
    return [{ ...entry, type: 'confirmed', device: shown(event.session), by: shown(event.by), newName: null }]
  if (event.kind === 'everybody') {
    const device = { ...shown(nobody), name: null }
    return [{ ...entry, type: 'all-by-operator', device, by: null, newName: null, ...publicReason(event) }]
  }
  const type = typeOf(event)
  if (type === undefined) return []
  const device = event.kind === 'noted' ? event.by : event.session
  const by = event.kind === 'ended' && event.by?.id !== device.id ? event.by : null
  const attempts = z.int().safeParse(device.data['attempts']).data
  return [
    {
      ...entry,
      type,
      device: shown(device),
      by: by && shown(by),
      newName: null,
      ...(attempts !== undefined && { attempts }),
      ...(event.kind === 'created' && {
        signIn: { sessionId: event.session.id, signs: [] },
        signInMethod: signInMethodOf(event.session),
      }),
      ...(event.kind === 'ended' && publicReason(event)),
    },
  ]
}

function publicReason({ operation }: { readonly operation?: OperationSummary }): { reason?: string } {
  return operation?.reason ? { reason: operation.reason } : {}
}

/** `undefined` for an event that is of no use to a person. */
function typeOf(event: SessionEvent): ActivityType | undefined {
  if (event.kind === 'created') return deviceOf(event.session)?.isNew ? 'signed-in-first' : 'signed-in'
  if (event.kind === 'noted') return named.get(event.name)
  if (event.by?.id === event.session.id) return 'signed-out'
  if (event.cause === 'credential-change' && event.by === null) return 'credentials-changed'
  if (event.cause === 'operator') return 'by-operator'
  if (event.cause === 'cap') return 'capped'
  return event.cause === 'expired' ? 'expired' : 'revoked'
}

const named = new Map<string, ActivityType>([
  ['password-change', 'password-changed'],
  ['password-reset', 'password-reset'],
  ['password-set', 'password-set'],
  ['password-removed', 'password-removed'],
  ['account-secured', 'secured'],
  ['passkey-added', 'passkey-added'],
  ['passkey-removed', 'passkey-removed'],
  ['passkey-renamed', 'passkey-renamed'],
  ['name-change', 'name-changed'],
  ['account-linked', 'provider-linked'],
  ['account-unlinked', 'provider-unlinked'],
  ['second-factor-on', 'second-factor-on'],
  ['second-factor-off', 'second-factor-off'],
  ['backup-codes-renewed', 'backup-codes-renewed'],
  ['email-change', 'email-changed'],
  ['user-banned', 'banned'],
  ['user-unbanned', 'unbanned'],
  ['administrator-added', 'administrator-added'],
  ['administrator-removed', 'administrator-removed'],
  ['password-required', 'password-required'],
  ['revoke-refused', 'refused'],
  ['revoke-many-refused', 'refused'],
  ['revoke-others-refused', 'refused'],
  ['revoke-all-refused', 'refused'],
  ['sign-in-refused', 'sign-in-refused'],
  ['proof-refused', 'proof-refused'],
])
