import type { ActivityEntry } from '../trpc.js'
import { deviceName } from './device.js'

type Party = ActivityEntry['device']

/** What happened, in a sentence: "Safari on iOS was signed out by Chrome on Windows". */
export function activityWords({ type, device, by }: Pick<ActivityEntry, 'type' | 'device' | 'by'>): string {
  const who = nameOf(device)
  switch (type) {
    case 'signed-in':
      return `${who} signed in`
    case 'signed-out':
      return `${who} signed out`
    case 'revoked':
      return by ? `${who} was signed out by ${nameOf(by)}` : `${who} was signed out`
    case 'reset':
      return `${who} was signed out because the password was reset`
    case 'expired':
      return `${who} was signed out by itself after its time was up`
    case 'capped':
      return `${who} was signed out to make room for ${by ? nameOf(by) : 'another device'}`
    case 'password-changed':
      return `The password was changed on ${who}`
    case 'password-reset':
      return `The password was reset on ${who}`
    case 'secured':
      return `${who} reported a sign-in, and the password stopped working`
    case 'refused':
      return `${who} tried to sign out another device, and was refused`
  }
}

function nameOf(device: Party): string {
  return device.isCurrent ? `${deviceName(device)} (this device)` : deviceName(device)
}
