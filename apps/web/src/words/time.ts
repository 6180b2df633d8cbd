const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Activity is written down at most once a minute, so that a device in use can look this idle. */
const ACTIVE_WITHIN = 2 * MINUTE

// The page is in English; only the reader's own flavour of it is taken over (day before month, 24 hours).
export const locale = navigator.languages.find((language) => language.startsWith('en')) ?? 'en'
// "1 day ago" and not "yesterday", which 47 hours need not be.
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always' })
const exact = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long' })
const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'short' })

export function isActive(lastSeenAt: string, now: number): boolean {
  return now - Date.parse(lastSeenAt) < ACTIVE_WITHIN
}

/** Whether somebody may have forgotten the device. */
export function isStale(lastSeenAt: string, now: number): boolean {
  return now - Date.parse(lastSeenAt) >= 30 * DAY
}

/** In whole units that have passed. A time ahead of this clock counts as now: the clocks differ, not the facts. */
export function relativeTime(iso: string, now: number): string {
  const passed = Math.max(0, now - Date.parse(iso))
  if (passed < MINUTE) return 'just now'
  if (passed < HOUR) return relative.format(-Math.floor(passed / MINUTE), 'minute')
  if (passed < DAY) return relative.format(-Math.floor(passed / HOUR), 'hour')
  if (passed < 60 * DAY) return relative.format(-Math.floor(passed / DAY), 'day')
  if (passed < 730 * DAY) return relative.format(-Math.floor(passed / (30 * DAY)), 'month')
  return relative.format(-Math.floor(passed / (365 * DAY)), 'year')
}

export function exactTime(iso: string): string {
  return exact.format(Date.parse(iso))
}

/** The day is enough, unless it is this one. */
export function shortTime(iso: string, now: number): string {
  const time = Date.parse(iso)
  return day.format(time) === day.format(now) ? `today, ${clock.format(time)}` : day.format(time)
}
