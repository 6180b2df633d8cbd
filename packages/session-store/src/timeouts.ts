/** All in milliseconds. */
export interface Timeouts {
  /** Longest gap without activity before a session ends. */
  readonly idle: number
  /** Longest life of a session, however active it is. */
  readonly absolute: number
  /** Activity is recorded at most once in this time, so that a busy device costs few writes. */
  readonly touchInterval: number
}

const minute = 60_000
const day = 24 * 60 * minute

export const defaultTimeouts: Timeouts = { idle: 7 * day, absolute: 30 * day, touchInterval: minute }

/** @throws {RangeError} naming the timeout that cannot be. */
export function resolveTimeouts(given: Partial<Timeouts>): Timeouts {
  const timeouts = { ...defaultTimeouts, ...given }
  for (const [name, value] of Object.entries(timeouts)) {
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`timeouts.${name} must be a whole number of milliseconds`)
  }
  if (timeouts.idle > timeouts.absolute) throw new RangeError('timeouts.idle must not be longer than timeouts.absolute')
  if (timeouts.touchInterval >= timeouts.idle) throw new RangeError('timeouts.touchInterval must be shorter than timeouts.idle')
  return timeouts
}
