import { expect, test } from 'vitest'
import { withDays } from '../src/features/activity/with-days.js'
import { createI18n } from '../src/i18n/i18n.js'

const midnight = new Date(2026, 2, 2).getTime()
const entries = [9_000, 8_000, -1_000, -26 * 60 * 60_000].map((after) => ({
  at: new Date(midnight + after).toISOString(),
}))
const daysAt = (now: number) => withDays(createI18n('en'), entries, now).map(({ day }) => day)

test('each day is a heading, once', () => {
  expect(daysAt(midnight + 10_000)).toEqual(['Today', null, 'Yesterday', 'Saturday, February 28, 2026'])
})

test('right after midnight the new day is "Today", though the page’s clock still shows the old one', () => {
  expect(daysAt(midnight - 10_000)).toEqual(daysAt(midnight + 10_000))
})

test('no entries have no days', () => {
  expect(withDays(createI18n('en'), [], midnight)).toEqual([])
})
