import type { Device } from '../trpc.js'

/** "Chrome on Windows 11", or the browser alone where the system is not known. */
export function deviceName({ browser, os }: Pick<Device, 'browser' | 'os'>): string {
  return os === '' ? browser : `${browser} on ${os}`
}
