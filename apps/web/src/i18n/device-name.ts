import type { Device } from '@rollcall/react'
import type { I18n } from './i18n.js'
import { isolate } from './isolate.js'

type Described = Pick<Device, 'browser' | 'os'> & { readonly name?: string | null }

/** Names from the API that are no product's: each language has its own. */
const genericNames = {
  'Unknown browser': 'device.generic.unknownBrowser',
  'Android Browser': 'device.generic.androidBrowser',
  'Desktop app': 'device.generic.desktopApp',
  'Google app': 'device.generic.googleApp',
  'Smart TV': 'device.generic.smartTv',
} as const

/** Its owner's name for it, or else its browser's: "Chrome on Windows 11". */
export function deviceName(i18n: I18n, device: Described): string {
  return device.name ? isolate(device.name) : browserName(i18n, device)
}

/** The browser alone where the system is not known. */
export function browserName(i18n: I18n, { browser, os }: Pick<Device, 'browser' | 'os'>): string {
  const name = localName(i18n, browser)
  return os === '' ? name : i18n.t('device.name', { browser: name, os: localName(i18n, os) })
}

function localName({ t }: I18n, name: string): string {
  return isGeneric(name) ? t(genericNames[name]) : name
}

function isGeneric(name: string): name is keyof typeof genericNames {
  return Object.hasOwn(genericNames, name)
}
