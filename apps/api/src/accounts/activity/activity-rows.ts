import { randomInt } from 'node:crypto'
import type { OperationSummary, Session, SessionEvent, SessionSummary } from '@rollcall/session-store'
import { z } from 'zod'

/** An event of an account: a change of its sessions, of the name of one of its devices, or a person's word about a sign-in. */
export type ActivityEvent = SessionEvent | DeviceRenamed | SignInConfirmed | EverybodySignedOut

/** An operation that revoked the sessions of everybody, in the activity of one who had a session. */
export interface EverybodySignedOut {
  readonly id: string
  readonly at: Date
  readonly kind: 'everybody'
  readonly operation: OperationSummary
}

interface DeviceRenamed {
  readonly id: string
  readonly at: Date
  readonly kind: 'renamed'
  /** A session of the device; `null` where it had none. */
  readonly session: SessionSummary | null
  /** The session that asked for it. */
  readonly by: SessionSummary
  /** `null`: the device had no name, or was left without one. */
  readonly from: string | null
  readonly to: string | null
}

/** A person said that a sign-in was theirs. */
export interface SignInConfirmed {
  readonly id: string
  readonly at: Date
  readonly kind: 'confirmed'
  /** The session that the sign-in began. */
  readonly session: SessionSummary
  /** The session that the person said it in. */
  readonly by: SessionSummary
}

/** A type, not an interface: Kysely wants an indexable one. */
export type ActivityTable = {
  /** PostgreSQL returns its bigint as text. */
  activity: { user_tag: string; at: number | string; id: string; event: string }
  /** Users whose events are not kept, even those that another server is about to write. */
  deleted_user: { user_tag: string; at: number | string }
  /** The actions of operators and administrators. An empty filter means everybody. */
  operation: OperationRow
}

export type OperationAction =
  | 'revoke'
  | 'require-password-reset'
  | 'ban'
  | 'unban'
  | 'add-administrator'
  | 'remove-administrator'

export type OperationRow = {
  id: string
  at: number | string
  /** An {@link OperationAction}, or one of a later version. */
  action: string
  filter: string
  reason: string
  note: string
  started_by: string
  state: string
  /** At least so many sessions, unless the state is `done`: then exactly. */
  revoked: number
}

export type ActivityRow = ActivityTable['activity']

export function toRow(userTag: string, { id, at, ...what }: ActivityEvent): ActivityRow {
  return { user_tag: userTag, at: at.getTime(), id, event: toJson(what) }
}

/** Sorts among the ids of events from Redis: its time and a number. For an event that is written to SQL alone. */
export function newEventId(at: Date): string {
  return `${String(at.getTime()).padStart(15, '0')}-${String(randomInt(2 ** 47)).padStart(15, '0')}`
}

/** The public part of a session, as an event holds it. */
export function summaryOf({ id, ipAddress, userAgent, data }: Session): SessionSummary {
  return { id, ipAddress, userAgent, data }
}

/** An event without a session: somebody else did it, or a device has none. */
export const nobody: SessionSummary = { id: '', ipAddress: null, userAgent: null, data: {} }

export const activityKinds = ['sign-ins', 'sign-outs', 'changes', 'refusals'] as const
export type ActivityKind = (typeof activityKinds)[number]

/** How the stored text of each kind of event begins or reads, for `like`. `toRow` writes the kind first. */
export const activityPatterns = {
  'sign-ins': ['{"kind":"created",%', '{"kind":"confirmed",%'],
  'sign-outs': ['{"kind":"ended",%', '{"kind":"everybody",%'],
  changes: [
    ...[
      'password-',
      'account-',
      'passkey-',
      'second-factor-',
      'backup-codes-',
      'email-',
      'name-',
      'user-',
      'administrator-',
    ].map((name) => `{"kind":"noted","name":"${name}%`),
    '{"kind":"renamed",%',
  ],
  refusals: ['{"kind":"noted","name":"%-refused","by":%'],
} as const satisfies Record<ActivityKind, readonly string[]>

/** Empty for an event of a later version. */
export function fromRow({ id, at, event }: ActivityRow): ActivityEvent[] {
  const { data } = stored.safeParse(JSON.parse(event))
  return data === undefined ? [] : [{ id, at: new Date(Number(at)), ...data }]
}

/** The part of the application's data that names the device at that time, how it signed in, and the number of attempts. */
function toJson(what: object): string {
  return JSON.stringify(what, (key, value: unknown) => (key === 'data' ? deviceSigns.parse(value) : value))
}

/** As in the data of a session, with what it may leave out. */
const sessionDevice = z.object({
  id: z.string(),
  name: z.string().nullable().default(null),
  isNew: z.boolean().default(false),
})

const deviceSigns = z
  .object({
    clientHints: z.record(z.string(), z.string()).optional().catch(undefined),
    device: sessionDevice.optional().catch(undefined),
    attempts: z.int().positive().optional().catch(undefined),
    signInMethod: z.string().optional().catch(undefined),
  })
  .catch({})

const summary: z.ZodType<SessionSummary> = z.object({
  id: z.string(),
  ipAddress: z.string().nullable(),
  userAgent: z.string().nullable(),
  data: deviceSigns,
})

const operation: z.ZodType<OperationSummary> = z.object({ id: z.string(), reason: z.string() })

const stored = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('created'), session: summary }),
  z
    .object({
      kind: z.literal('ended'),
      session: summary,
      cause: z.string(),
      by: summary.nullable(),
      operation: operation.optional(),
    })
    .transform(({ operation, ...event }) => ({ ...event, ...(operation && { operation }) })),
  z.object({ kind: z.literal('everybody'), operation }),
  z.object({ kind: z.literal('noted'), name: z.string(), by: summary }),
  z.object({ kind: z.literal('confirmed'), session: summary, by: summary }),
  z.object({
    kind: z.literal('renamed'),
    session: summary.nullable(),
    by: summary,
    from: z.string().nullable(),
    to: z.string().nullable(),
  }),
])
