import type { Device } from '../trpc.js'
import { browserName, deviceName } from '../words/device.js'
import { placeWords } from '../words/place.js'
import { isActive, isStale } from '../words/time.js'

export type Use = 'any' | 'active' | 'stale'

export interface Wanted {
  /** Words that must all stand somewhere in what is shown of a device. */
  readonly words: string
  readonly use: Use
}

export const everyDevice: Wanted = { words: '', use: 'any' }

export function isWanted(device: Device, { words, use }: Wanted, now: number): boolean {
  if (use === 'active' && !device.isCurrent && !isActive(device.lastSeenAt, now)) return false
  if (use === 'stale' && !isStale(device.lastSeenAt, now)) return false
  const shown = `${deviceName(device)} ${browserName(device)} ${device.ipAddress ?? ''} ${placeWords(device.place)}`.toLocaleLowerCase()
  return words.toLocaleLowerCase().split(/\s+/).every((word) => shown.includes(word))
}
