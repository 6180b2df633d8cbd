import { deviceOf, nameOf, type PlaceOf } from '@rollcall/devices'
import type { SignIn } from './sign-ins.js'

/** Why a person may want to look at a sign-in twice. */
export type UnusualSign =
  /** Nobody had signed in from this browser before. */
  | 'new-browser'
  /** No sign-in that is remembered came from this country before. */
  | 'new-country'
  /** No person's browser: a script or a library. */
  | 'program'
  /** Later than the last visit to the devices page from the session that asks. */
  | 'since-last-visit'

/**
 * The signs of each sign-in beside those before it, by the id of its session. The first sign-in has nothing to be compared with,
 * and so has a country before any other is known. Confirmed sign-ins have no signs.
 *
 * @param signIns oldest first
 */
export function findUnusual(signIns: readonly SignIn[], placeOf: PlaceOf): Map<string, UnusualSign[]> {
  const countries = new Set<string>()
  const found = new Map<string, UnusualSign[]>()
  for (const [n, { session, isConfirmed }] of signIns.entries()) {
    const place = placeOf(session.ipAddress)
    const country = place?.kind === 'country' ? place.code : null
    const signs: UnusualSign[] = []
    if (n > 0 && deviceOf(session)?.isNew) signs.push('new-browser')
    if (country !== null && countries.size > 0 && !countries.has(country)) signs.push('new-country')
    if (nameOf(session).kind === 'program') signs.push('program')
    if (country !== null) countries.add(country)
    if (signs.length > 0 && !isConfirmed) found.set(session.id, signs)
  }
  return found
}
