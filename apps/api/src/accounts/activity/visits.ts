import type { Session, SessionStore } from '@rollcall/session-store'
import { z } from 'zod'
import { MINUTE_MS } from '../../durations.js'

/** Milliseconds after whose start a look at the page is a new visit. */
const VISIT_MS = 30 * MINUTE_MS

/** In the data of a session, in ms since the epoch. */
const visit = z.object({ startedAt: z.int(), previousAt: z.int().nullable() })

/**
 * Begins a visit unless one is under way. Returns when the one before it began, in ms since the epoch, or `null` on the first
 * visit of a session. It writes once in a visit. An outage of that write only makes the next look begin the visit.
 */
export async function beginVisit(
  store: Pick<SessionStore, 'clock' | 'update'>,
  session: Session,
): Promise<number | null> {
  const known = visit.safeParse(session.data['visit']).data
  const now = store.clock()
  if (known && now - known.startedAt < VISIT_MS) return known.previousAt
  const previousAt = known?.startedAt ?? null
  await store.update(session, { visit: { startedAt: now, previousAt } }).catch(() => null)
  return previousAt
}
