import type { Device } from '../trpc.js'
import type { Words } from './words.js'

/** Empty where no place is known. */
export function placeWords({ t, country }: Words, place: Device['place']): string {
  if (place === null) return ''
  return place.kind === 'local' ? t('devices.localNetwork') : t('devices.approximate', { country: country(place.code) })
}
