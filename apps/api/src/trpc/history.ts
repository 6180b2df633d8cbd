import type { Session } from '@rollcall/session-store'
import type { Limits } from '../limits/limits.js'

/** Reads the activity of a person, within the limit of a session. */
export function withinReads<T>(
  limits: Pick<Limits, 'within'>,
  { userId, id }: Session,
  read: () => Promise<T>,
): Promise<T> {
  return limits.within([['history:session', userId, id]], read, undefined, { uncounted: true })
}
