import { DAY_MS, HOUR_MS, MINUTE_MS } from '../durations.js'

interface TimeTexts {
  justNow: string
  today: (time: string) => string
  onDay: (day: string) => string
}

export function createTimeFormat(locale: string, { justNow, today, onDay }: TimeTexts) {
  // "1 day ago" and not "yesterday", which 47 hours need not be.
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always' })
  const exact = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'long' })
  const dayAndTime = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
  const weekday = new Intl.DateTimeFormat(locale, { dateStyle: 'full' })
  const nearDay = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'short' })

  function relativeTime(iso: string, now: number): string {
    const passed = Math.max(0, now - Date.parse(iso))
    if (passed < MINUTE_MS) return justNow
    if (passed < HOUR_MS) return relative.format(-Math.floor(passed / MINUTE_MS), 'minute')
    if (passed < DAY_MS) return relative.format(-Math.floor(passed / HOUR_MS), 'hour')
    if (passed < 60 * DAY_MS) return relative.format(-Math.floor(passed / DAY_MS), 'day')
    if (passed < 730 * DAY_MS) return relative.format(-Math.floor(passed / (30 * DAY_MS)), 'month')
    return relative.format(-Math.floor(passed / (365 * DAY_MS)), 'year')
  }

  return {
    /** In whole units that have passed. A time ahead of this clock counts as now: the clocks differ, not the facts. */
    relativeTime,
    /** The time of a day that is known, and how long ago that was within the hour. */
    clockTime(iso: string, now: number): string {
      const time = clock.format(Date.parse(iso))
      return now - Date.parse(iso) < HOUR_MS ? `${time} (${relativeTime(iso, now)})` : time
    },
    /** A day as a heading: today, yesterday, or its date. */
    dayName(iso: string, now: number): string {
      const daysAgo = [0, 1].find((days) => day.format(Date.parse(iso)) === day.format(dayBefore(now, days)))
      return daysAgo === undefined ? weekday.format(Date.parse(iso)) : capitalised(nearDay.format(-daysAgo, 'day'))
    },
    /** To the minute. */
    dayAndTime: (iso: string): string => dayAndTime.format(Date.parse(iso)),
    exactTime: (iso: string): string => exact.format(Date.parse(iso)),
    /** The day is enough, unless it is this one: for the end of a sentence. */
    shortTime(iso: string, now: number): string {
      const time = Date.parse(iso)
      return day.format(time) === day.format(now) ? today(clock.format(time)) : onDay(day.format(time))
    },
  }
}

/** By the calendar: a day can have 23 hours. */
function dayBefore(time: number, days: number): Date {
  const date = new Date(time)
  date.setDate(date.getDate() - days)
  return date
}

function capitalised(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1)
}
