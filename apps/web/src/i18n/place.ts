import type { Device } from '@rollcall/react'
import type { I18n } from './i18n.js'

/** The place, then the address, as everywhere. */
export function withPlace(i18n: I18n, place: Device['place'], address: string): string {
  return [formatPlace(i18n, place), address].filter(Boolean).join(' · ')
}

/** Empty where no place is known. */
export function formatPlace({ t, country }: I18n, place: Device['place']): string {
  if (place === null) return ''
  return place.kind === 'local' ? t('device.localNetwork') : country(place.code)
}
