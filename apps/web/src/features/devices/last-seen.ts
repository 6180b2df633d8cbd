import { DAY_MS, MINUTE_MS } from '../../durations.js'

/** Activity is recorded at most once a minute, so that a device in use can look this idle. */
const ACTIVE_WITHIN_MS = 2 * MINUTE_MS

export function isActive(lastSeenAt: string, now: number): boolean {
  return now - Date.parse(lastSeenAt) < ACTIVE_WITHIN_MS
}

/** Whether somebody may have forgotten the device. */
export function isStale(lastSeenAt: string, now: number): boolean {
  return now - Date.parse(lastSeenAt) >= 30 * DAY_MS
}
