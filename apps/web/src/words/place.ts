import type { Device } from '../trpc.js'
import { locale } from './time.js'

const countries = new Intl.DisplayNames(locale, { type: 'region' })

/** Empty where no place is known. */
export function placeWords(place: Device['place']): string {
  if (place === null) return ''
  return place.kind === 'local' ? 'Local network' : `${countries.of(place.code) ?? place.code} (approximate)`
}
