import type { SessionSummary, SessionEvent } from '@rollcall/session-store'
import { z } from 'zod'

/** An event of an account: a change of its sessions, or of the name of one of its devices. */
export type ActivityEvent = SessionEvent | DeviceRenamed

export interface DeviceRenamed {
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

/** A type, not an interface: Kysely wants an indexable one. */
export type ActivityTable = {
  /** PostgreSQL returns its bigint as text. */
  activity: { user_tag: string; at: number | string; id: string; event: string }
  /** Users whose events are not kept, even those that another server is about to write. */
  deleted_user: { user_tag: string; at: number | string }
}

export type ActivityRow = ActivityTable['activity']

export function toRow(userTag: string, { id, at, ...what }: ActivityEvent): ActivityRow {
  return { user_tag: userTag, at: at.getTime(), id, event: toJson(what) }
}

/** Empty for an event of a later version. */
export function fromRow({ id, at, event }: ActivityRow): ActivityEvent[] {
  const { data } = stored.safeParse(JSON.parse(event))
  return data === undefined ? [] : [{ id, at: new Date(Number(at)), ...data }]
}

/** The part of the application's data that names the device at that time, and the number of attempts. */
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
  })
  .catch({})

const summary: z.ZodType<SessionSummary> = z.object({
  id: z.string(),
  ipAddress: z.string().nullable(),
  userAgent: z.string().nullable(),
  data: deviceSigns,
})

const stored = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('created'), session: summary }),
  z.object({ kind: z.literal('ended'), session: summary, cause: z.string(), by: summary.nullable() }),
  z.object({ kind: z.literal('noted'), name: z.string(), by: summary }),
  z.object({
    kind: z.literal('renamed'),
    session: summary.nullable(),
    by: summary,
    from: z.string().nullable(),
    to: z.string().nullable(),
  }),
])
