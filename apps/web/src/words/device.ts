import type { Device } from '../trpc.js'

type Described = Pick<Device, 'browser' | 'os'> & { readonly name?: string | null }

/** What its owner calls it, or what its browser says: "Chrome on Windows 11". */
export function deviceName(device: Described): string {
  return device.name ?? browserName(device)
}

/** The browser alone where the system is not known. */
export function browserName({ browser, os }: Pick<Device, 'browser' | 'os'>): string {
  return os === '' ? browser : `${browser} on ${os}`
}
