import type { Ending } from '../trpc.js'
import { deviceName } from './device.js'
import { relativeTime } from './time.js'

/** Why somebody finds themselves on the sign-in page. */
export function endingWords({ cause, by, at }: Ending, now: number): string {
  const when = relativeTime(at, now)
  const device = by === null ? '' : `, ${deviceName(by)}`
  switch (cause) {
    case 'revoke':
    case 'revoke-others':
      return `This device was signed out from another device${device}, ${when}.`
    case 'revoke-all':
      return `All devices were signed out from another device${device}, ${when}.`
    case 'credential-change':
      return `All devices were signed out ${when}, because the password or the account was changed${by === null ? '' : ` on ${deviceName(by)}`}.`
    case 'cap':
      return `This device was signed out ${when} to make room, because the account is signed in on too many devices. The latest is ${by === null ? 'not known' : deviceName(by)}.`
    case 'expired':
      return 'You were signed out, because this device was not used for a long time or had been signed in for very long.'
    case 'unknown':
      return unknownEnding
  }
}

export const unknownEnding = 'You were signed out. This device was signed out from another device, or your session ended.'
