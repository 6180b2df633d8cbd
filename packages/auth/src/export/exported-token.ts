import { secretHashIn } from '@rollcall/session-store'
import { hmac } from '../cookies/hmac.js'

const LENGTH = 32

/**
 * The token of an exported session in better-auth's table, which looks like one of better-auth. It needs the secret of the
 * application: so a copy of Redis yields none.
 *
 * @param secretHash That of the session in Redis.
 */
export function exportedToken(secretHash: string, secret: string): string {
  const bytes = hmac(secret)(`exported session ${secretHash}`)
  return Buffer.from(bytes, 'latin1').toString('hex').slice(0, LENGTH)
}

/** The token behind one of ours, from a cookie; `null` for any other text. */
export function exportedTokenOf(token: string, secret: string): string | null {
  const secretHash = secretHashIn(token)
  return secretHash && exportedToken(secretHash, secret)
}
