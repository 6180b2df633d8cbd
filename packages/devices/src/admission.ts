import type { Session } from '@rollcall/session-store'

/** On one server. A browser needs one, however many tabs it shows. */
const MAX_PER_SESSION = 10
const MAX_PER_USER = 100

/** This session or user has too many streams on this server. */
export class TooManyStreamsError extends Error {
  override readonly name = 'TooManyStreamsError'

  constructor() {
    super('Too many pages of this device are open')
  }
}

/**
 * Counts the open streams of a session and of a user. Admits one, and returns how to release it.
 *
 * @throws {TooManyStreamsError}
 */
export function createAdmission(): (session: Session) => () => void {
  const counts = new Map<string, number>()
  return ({ id, userId }) => {
    const limits = [
      [`session ${id}`, MAX_PER_SESSION],
      [`user ${userId}`, MAX_PER_USER],
    ] as const
    if (limits.some(([key, most]) => (counts.get(key) ?? 0) >= most)) throw new TooManyStreamsError()
    const count = (step: 1 | -1): void => {
      for (const [key] of limits) {
        const open = (counts.get(key) ?? 0) + step
        if (open === 0) counts.delete(key)
        else counts.set(key, open)
      }
    }
    count(1)
    return () => count(-1)
  }
}
