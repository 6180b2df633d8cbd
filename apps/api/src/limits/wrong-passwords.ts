import type { WrongPassword } from '@rollcall/auth'
import type { Activity } from '../accounts/activity/activity.js'
import type { Limits } from './limits.js'

/** The first wrong password of a day becomes an entry of the activity, and then each that is five times as many. */
const STEP = 5

/**
 * Shows the owner of an account the wrong passwords given for it, with their number in few entries. A guesser must not fill
 * the activity, nor push out of Redis what else waits there. Best effort; the audit has each of them.
 */
export function recordWrongPasswords(
  limits: Limits,
  activity: Pick<Activity, 'record'>,
): (wrong: WrongPassword) => Promise<void> {
  return async ({ event, userId, sessionId, clientInfo }) => {
    const name = event === 'sign-in' ? 'sign-in-refused' : 'proof-refused'
    const attempts = await limits.tally(['wrong-password:user', userId, name])
    if (!isStep(attempts)) return
    const { ipAddress = null, userAgent = null, data } = clientInfo
    await activity.record(name, { userId, id: sessionId ?? '', ipAddress, userAgent, data: { ...data, attempts } })
  }
}

function isStep(attempts: number): boolean {
  let step = 1
  while (step < attempts) step *= STEP
  return step === attempts
}
