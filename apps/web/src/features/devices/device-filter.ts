import type { Device } from '../../api/trpc.js'
import { browserName, deviceName } from '../../i18n/device-name.js'
import type { I18n } from '../../i18n/i18n.js'
import { formatPlace } from '../../i18n/place.js'
import { isActive, isStale } from './last-seen.js'
import type { ListTime } from './use-list-time.js'

export type Use = 'any' | 'active' | 'stale'

export interface DeviceFilter {
  /** Words that must all stand somewhere in what is shown of a device. */
  readonly text: string
  readonly use: Use
}

export const noFilter: DeviceFilter = { text: '', use: 'any' }

export function matchesFilter(
  i18n: I18n,
  device: Device,
  { text, use }: DeviceFilter,
  { now, asOf }: ListTime,
): boolean {
  if (use === 'active' && !device.isCurrent && !isActive(device.lastSeenAt, asOf)) return false
  if (use === 'stale' && !isStale(device.lastSeenAt, now)) return false
  const names = `${deviceName(i18n, device)} ${browserName(i18n, device)}`
  const kind = `${i18n.t(`devices.kind.${device.kind}`)} ${i18n.t(`devices.kindWords.${device.kind}`)}`
  const shown = `${names} ${kind} ${device.ipAddress ?? ''} ${formatPlace(i18n, device.place)}`.toLocaleLowerCase()
  return text
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => shown.includes(word))
}
