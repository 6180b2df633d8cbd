import { toSession } from '../record/to-session.js'
import { deadlineOf, decodeRecord } from '../record/record.js'
import type { Session } from '../record/session.js'
import { isSessionId } from '../record/token.js'

/** Servers date sessions by the clock of Redis, to within a second each. */
const CLOCK_TOLERANCE_MS = 2_000

/** Arguments of scripts that decide as `wasLiveAt` does. */
export function createdBounds(time: Date, now: number): [before: number, latest: number] {
  return [time.getTime() + CLOCK_TOLERANCE_MS, now + CLOCK_TOLERANCE_MS]
}

export interface UserSessions {
  readonly userTag: string
  /** The live ones, without those that a prefilter has rejected. */
  readonly sessions: readonly Session[]
  /** How many live sessions a prefilter has rejected. */
  readonly omitted: number
  /** Records that cannot be read. They sign nobody in. */
  readonly unreadable: number
  /** `false`: something else has the name of the user's key. */
  readonly isReadable: boolean
}

export function toUserSessions(
  userTag: string,
  fields: readonly (readonly [field: string, value: Buffer])[],
  now: number,
  omitted = 0,
): UserSessions {
  const records = fields
    .filter(([field]) => isSessionId(field))
    .map(([id, bytes]) => [id, decodeRecord(bytes)] as const)
  const sessions = records.flatMap(([id, record]) =>
    record === null || deadlineOf(record) <= now ? [] : [toSession(id, record)],
  )
  const unreadable = records.filter(([, record]) => record === null).length
  return { userTag, sessions, omitted, unreadable, isReadable: true }
}

/**
 * Whether the session may have been live at a time by Redis' clock. Servers date sessions to within a second of it. A session
 * from the future was dated by a clock that is wrong, so it counts as live.
 */
export function wasLiveAt({ createdAt }: Session, time: Date, now: number): boolean {
  const [before, latest] = createdBounds(time, now)
  return createdAt.getTime() <= before || createdAt.getTime() > latest
}
