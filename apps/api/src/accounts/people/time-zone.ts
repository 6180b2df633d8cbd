import { z } from 'zod'

/** A time zone of IANA that this server knows, such as `Europe/Berlin`. */
const timeZone = z.string().refine(isTimeZone)

/**
 * The zone that a browser says it is in, for the times in mails. `undefined` for one that this server does not know: a
 * browser may have a newer list, and nobody is refused for that.
 */
export const timeZoneInput = timeZone.optional().catch(undefined)

const user = z.object({ timeZone: timeZoneInput })

/** The zone of the times in mails to an account. `undefined` for one that is not known. */
export function timeZoneOf(row: unknown): string | undefined {
  return user.safeParse(row).data?.timeZone
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
