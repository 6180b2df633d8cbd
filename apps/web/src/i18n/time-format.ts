const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

interface TimeTexts {
  justNow: string
  today: (time: string) => string
}

export function createTimeFormat(locale: string, { justNow, today }: TimeTexts) {
  // "1 day ago" and not "yesterday", which 47 hours need not be.
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always' })
  const exact = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long' })
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'short' })
  const milliseconds = new Intl.NumberFormat(locale, { style: 'unit', unit: 'millisecond', maximumFractionDigits: 0 })
  const seconds = new Intl.NumberFormat(locale, { style: 'unit', unit: 'second', unitDisplay: 'long', maximumFractionDigits: 1 })

  return {
    /** In whole units that have passed. A time ahead of this clock counts as now: the clocks differ, not the facts. */
    relativeTime(iso: string, now: number): string {
      const passed = Math.max(0, now - Date.parse(iso))
      if (passed < MINUTE) return justNow
      if (passed < HOUR) return relative.format(-Math.floor(passed / MINUTE), 'minute')
      if (passed < DAY) return relative.format(-Math.floor(passed / HOUR), 'hour')
      if (passed < 60 * DAY) return relative.format(-Math.floor(passed / DAY), 'day')
      if (passed < 730 * DAY) return relative.format(-Math.floor(passed / (30 * DAY)), 'month')
      return relative.format(-Math.floor(passed / (365 * DAY)), 'year')
    },
    exactTime: (iso: string): string => exact.format(Date.parse(iso)),
    /** The day is enough, unless it is this one. */
    shortTime(iso: string, now: number): string {
      const time = Date.parse(iso)
      return day.format(time) === day.format(now) ? today(clock.format(time)) : day.format(time)
    },
    duration: (ms: number): string => (ms < SECOND ? milliseconds.format(ms) : seconds.format(ms / SECOND)),
  }
}
