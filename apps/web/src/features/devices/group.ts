import type { Device } from '../../api/trpc.js'
import type { Signs } from '../recognition/use-unusual.js'
import { isStale } from './last-seen.js'

/** One browser with its sessions, in the order of the list: the one in use or seen last comes first. */
export type DeviceGroup = readonly [Device, ...Device[]]

/** A session whose browser is not known stands alone. */
export function groupByBrowser(devices: readonly Device[]): DeviceGroup[] {
  const groups = new Map<string, [Device, ...Device[]]>()
  for (const device of devices) {
    const key = keyOf([device])
    const group = groups.get(key)
    if (group) group.push(device)
    else groups.set(key, [device])
  }
  return [...groups.values()]
}

export type DeviceUse = 'current' | 'unusual' | 'other' | 'stale'

/** The groups that a person looks for: the device in use, what is new or unusual, others, and devices that may be forgotten. */
export function kindOfUse(group: DeviceGroup, signs: Signs, now: number): DeviceUse {
  const [newest] = group
  if (newest.isCurrent) return 'current'
  if (group.some(({ id }) => signs.has(id))) return 'unusual'
  return isStale(newest.lastSeenAt, now) ? 'stale' : 'other'
}

/** This device comes first, then devices with unusual sign-ins. The order of the list decides within each kind. */
export function withUnusualFirst(groups: readonly DeviceGroup[], signs: Signs): DeviceGroup[] {
  const rank = (group: DeviceGroup): number => (group[0].isCurrent ? 0 : group.some(({ id }) => signs.has(id)) ? 1 : 2)
  return groups.toSorted((a, b) => rank(a) - rank(b))
}

/** The most sessions that one step ends. */
const MAX_IDS = 500

/** The groups of other devices that one step can revoke, with all sign-ins of each. */
export function fitOneStep(groups: readonly DeviceGroup[]): { groups: DeviceGroup[]; ids: string[] } {
  const ids: string[] = []
  const taken = groups.filter((group) => {
    if (group[0].isCurrent || ids.length + group.length > MAX_IDS) return false
    ids.push(...group.map(({ id }) => id))
    return true
  })
  return { groups: taken, ids }
}

/** Stays the same while sign-ins of the device come and go. */
export function keyOf([newest]: DeviceGroup): string {
  return newest.deviceId ?? `session ${newest.id}`
}
