/** All in milliseconds. */
export interface Timeouts {
  /** Longest time without use before a session expires. Default: 7 days. */
  readonly idle: number
  /** Longest life of a session, however active it is. Default: 30 days. */
  readonly absolute: number
  /** The last use is recorded at most once in this time, so that a busy device costs few writes. Default: 1 minute. */
  readonly touchInterval: number
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

export const defaultTimeouts: Timeouts = { idle: 7 * day, absolute: 30 * day, touchInterval: minute }

/**
 * The longest timeouts that NIST SP 800-63B-4 (July 2025) names for each authentication assurance level, in its sections
 * 2.1.3, 2.2.3 and 2.3.3. A level requires more than timeouts: AAL2 and AAL3 also require two factors.
 *
 * Use moves the idle deadline at most once in a touch interval. A session may therefore expire up to one touch interval
 * before the idle timeout has passed, and never after it.
 */
export const profiles = {
  /** At most 30 days. NIST asks for no idle timeout; the default has one. */
  aal1: defaultTimeouts,
  /** At most 24 hours, and 1 hour without use. */
  aal2: { idle: hour, absolute: day, touchInterval: minute },
  /** At most 12 hours, and 15 minutes without use. */
  aal3: { idle: 15 * minute, absolute: 12 * hour, touchInterval: minute / 4 },
} as const satisfies Record<string, Timeouts>

/** How long a session may revoke others after its latest proof, by default: 15 minutes. */
export const PROOF_LIFE_MS = 15 * minute

/** @throws {RangeError} that names the invalid timeout. */
export function resolveTimeouts(given: Partial<Timeouts>): Timeouts {
  const timeouts = { ...defaultTimeouts, ...given }
  for (const [name, value] of Object.entries(timeouts)) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(`timeouts.${name} must be a whole number of milliseconds`)
  }
  if (timeouts.idle > timeouts.absolute) throw new RangeError('timeouts.idle must not be longer than timeouts.absolute')
  if (timeouts.touchInterval >= timeouts.idle)
    throw new RangeError('timeouts.touchInterval must be shorter than timeouts.idle')
  return timeouts
}
