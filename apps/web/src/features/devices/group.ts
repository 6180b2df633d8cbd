import type { Device } from '../../api/trpc.js'
import { isStale } from './last-seen.js'

/** One browser with its sessions, in the order of the list: the one in use or seen last comes first. */
export type DeviceGroup = readonly [Device, ...Device[]]

/** A session whose browser is not known stands alone. */
export function grouped(devices: readonly Device[]): DeviceGroup[] {
  const groups = new Map<string, [Device, ...Device[]]>()
  for (const device of devices) {
    const key = device.deviceId ?? `session ${device.id}`
    const group = groups.get(key)
    if (group) group.push(device)
    else groups.set(key, [device])
  }
  return [...groups.values()]
}

export type DeviceUse = 'current' | 'other' | 'stale'

/** The groups that a person looks for: the device in use, others, and devices that may have been forgotten. */
export function kindOfUse([newest]: DeviceGroup, now: number): DeviceUse {
  if (newest.isCurrent) return 'current'
  return isStale(newest.lastSeenAt, now) ? 'stale' : 'other'
}
