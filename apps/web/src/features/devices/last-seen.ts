import { DAY_MS, MINUTE_MS } from '../../durations.js'

/** Activity is recorded at most once a minute, so that a device in use can look this idle. */
const ACTIVE_WITHIN_MS = 2 * MINUTE_MS

/** Whether a device was in use at a time. That is known only up to the time of its list. */
export function isActive(lastSeenAt: string, at: number): boolean {
  return at - Date.parse(lastSeenAt) < ACTIVE_WITHIN_MS
}

/** Whether somebody may have forgotten the device. */
export function isStale(lastSeenAt: string, now: number): boolean {
  return now - Date.parse(lastSeenAt) >= 30 * DAY_MS
}
