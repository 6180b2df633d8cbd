import type { Device } from '../trpc.js'
import type { Words } from './words.js'

type Described = Pick<Device, 'browser' | 'os'> & { readonly name?: string | null }

/** Its owner's name for it, or else its browser's: "Chrome on Windows 11". */
export function deviceName(words: Words, device: Described): string {
  return device.name ?? browserName(words, device)
}

/** The browser alone where the system is not known. */
export function browserName({ t }: Words, { browser, os }: Pick<Device, 'browser' | 'os'>): string {
  return os === '' ? browser : t('devices.name', { browser, os })
}
