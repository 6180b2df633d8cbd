import type { Device } from '@rollcall/react'
import type { I18n } from './i18n.js'

type Described = Pick<Device, 'browser' | 'os'> & { readonly name?: string | null }

/** Its owner's name for it, or else its browser's: "Chrome on Windows 11". */
export function deviceName(i18n: I18n, device: Described): string {
  return device.name ?? browserName(i18n, device)
}

/** The browser alone where the system is not known. */
export function browserName({ t }: I18n, { browser, os }: Pick<Device, 'browser' | 'os'>): string {
  return os === '' ? browser : t('devices.name', { browser, os })
}
