import type { ActivityEntry, ApiClient } from '../../api/trpc.js'
import type { KindFilter } from './kind-filter.js'

export const formats = ['CSV', 'JSON'] as const
export type Format = (typeof formats)[number]

/** Events of one request, the most that the API gives. */
const PAGE = 100
/** Events of a download: a browser holds them in memory. */
const MAX_EVENTS = 5_000

/** Every event of a kind, newest first, page by page. */
export async function readAllActivity(
  api: ApiClient,
  filter: KindFilter,
): Promise<{ entries: ActivityEntry[]; isComplete: boolean }> {
  const entries: ActivityEntry[] = []
  let cursor: Awaited<ReturnType<ApiClient['activity']['list']['query']>>['nextCursor'] = null
  do {
    const kind = filter === 'all' ? {} : { kind: filter }
    const page = await api.activity.list.query({ ...kind, limit: PAGE, cursor })
    entries.push(...page.entries)
    cursor = page.nextCursor
  } while (cursor !== null && entries.length < MAX_EVENTS)
  return { entries: entries.slice(0, MAX_EVENTS), isComplete: cursor === null && entries.length <= MAX_EVENTS }
}

export function toText(entries: readonly ActivityEntry[], format: Format): string {
  return format === 'JSON' ? `${JSON.stringify(entries, null, 2)}\n` : toCsv(entries)
}

const columns = [
  'at',
  'type',
  'device',
  'browser',
  'system',
  'kind',
  'address',
  'country',
  'by',
  'newName',
  'attempts',
  'signInMethod',
] as const

/** RFC 4180. */
function toCsv(entries: readonly ActivityEntry[]): string {
  const rows = entries.map(({ at, type, device, by, newName, attempts, signInMethod: how }) => [
    at,
    type,
    device.name,
    device.browser,
    device.os,
    device.kind,
    device.ipAddress,
    device.place?.kind === 'country' ? device.place.code : null,
    by && (by.name ?? `${by.browser} ${by.os}`),
    newName,
    attempts,
    how?.kind === 'provider' ? how.provider : how?.kind,
  ])
  return [columns, ...rows].map((row) => `${row.map(toCell).join(',')}\r\n`).join('')
}

function toCell(value: string | number | null | undefined): string {
  const text = String(value ?? '')
  // A spreadsheet would run a name that begins like this.
  const inert = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return `"${inert.replaceAll('"', '""')}"`
}
