import type { Browser } from './helpers.js'

export const CHROME =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'
export const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1'

export type Entry = Awaited<ReturnType<Browser['api']['activity']['list']['query']>>['entries'][number]

/** Everything, page by page. */
export async function entriesOf(device: Pick<Browser, 'api'>): Promise<Entry[]> {
  const entries: Entry[] = []
  let cursor: { at: number; id: string } | null | undefined
  do {
    const page = await device.api.activity.list.query({ cursor })
    entries.push(...page.entries)
    cursor = page.nextCursor
  } while (cursor !== null)
  return entries
}

/** A device in words. */
export const name = ({ browser, os }: { browser: string; os: string }) => `${browser} on ${os}`

/** In words: newest first. */
export const summarize = (entries: Entry[]) =>
  entries.map(({ type, device, by }) => `${name(device)}: ${type}${by ? ` by ${name(by)}` : ''}`)
