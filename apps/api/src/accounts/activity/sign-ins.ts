import { type SessionSummary, type Session, userTagOf } from '@rollcall/session-store'
import type { Kysely } from 'kysely'
import {
  activityPatterns,
  type ActivityTable,
  fromRow,
  newEventId,
  type SignInConfirmed,
  toRow,
  summaryOf,
} from './activity-rows.js'

/** A sign-in that the activity remembers. */
export interface SignIn {
  readonly at: Date
  /** The session that it began, as it was then. */
  readonly session: SessionSummary
  /** Whether the person has said that it was theirs. */
  readonly isConfirmed: boolean
}

/** Rows that are read at most: somebody who has the password can sign in again and again. */
const MAX_ROWS = 1_000

/** Oldest first. */
export async function readSignIns(sql: Kysely<ActivityTable>, userTag: string, oldest: number): Promise<SignIn[]> {
  const rows = await sql
    .selectFrom('activity')
    .selectAll()
    .where('user_tag', '=', userTag)
    .where('at', '>=', oldest)
    .where(({ eb, or }) => or(activityPatterns['sign-ins'].map((pattern) => eb('event', 'like', pattern))))
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(MAX_ROWS)
    .execute()
  const events = rows.toReversed().flatMap(fromRow)
  const confirmed = new Set(events.flatMap((event) => (event.kind === 'confirmed' ? event.session.id : [])))
  return events.flatMap((event) =>
    event.kind === 'created'
      ? { at: event.at, session: event.session, isConfirmed: confirmed.has(event.session.id) }
      : [],
  )
}

export async function confirmSignIns(
  sql: Kysely<ActivityTable>,
  by: Session,
  signIns: readonly SignIn[],
  at: Date,
): Promise<void> {
  if (signIns.length === 0) return
  const events = signIns.map(({ session }): SignInConfirmed => ({
    id: newEventId(at),
    at,
    kind: 'confirmed',
    session,
    by: summaryOf(by),
  }))
  await sql
    .insertInto('activity')
    .values(events.map((event) => toRow(userTagOf(by.userId), event)))
    .execute()
}
