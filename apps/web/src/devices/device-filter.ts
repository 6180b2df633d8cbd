import type { Device } from '../trpc.js'
import { browserName, deviceName } from '../words/device.js'
import { placeWords } from '../words/place.js'
import { isActive, isStale } from '../words/time.js'
import type { Words } from '../words/words.js'

export type Use = 'any' | 'active' | 'stale'

export interface Wanted {
  /** Words that must all stand somewhere in what is shown of a device. */
  readonly text: string
  readonly use: Use
}

export const everyDevice: Wanted = { text: '', use: 'any' }

export function isWanted(words: Words, device: Device, { text, use }: Wanted, now: number): boolean {
  if (use === 'active' && !device.isCurrent && !isActive(device.lastSeenAt, now)) return false
  if (use === 'stale' && !isStale(device.lastSeenAt, now)) return false
  const names = `${deviceName(words, device)} ${browserName(words, device)}`
  const shown = `${names} ${device.ipAddress ?? ''} ${placeWords(words, device.place)}`.toLocaleLowerCase()
  return text.toLocaleLowerCase().split(/\s+/).every((word) => shown.includes(word))
}
