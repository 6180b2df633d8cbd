import type { I18n } from '../../i18n/i18n.js'

/** Entries, newest first; beside the first one of each day the name of that day. */
export function withDays<T extends { readonly at: string }>(
  { dayName }: Pick<I18n, 'dayName'>,
  entries: readonly T[],
  now: number,
): { entry: T; day: string | null }[] {
  const [newest] = entries
  // Right after midnight an entry can come before the page's clock has moved on to its day.
  const today = newest === undefined ? now : Math.max(now, Date.parse(newest.at))
  const days = entries.map(({ at }) => dayName(at, today))
  return entries.map((entry, n) => ({ entry, day: days[n] !== days[n - 1] ? (days[n] ?? null) : null }))
}
