import { createHmac, timingSafeEqual } from 'node:crypto'
import { parseCookies } from 'better-auth/cookies'

/**
 * The token in a session cookie, or `null` when there is none or its signature does not hold.
 * better-auth writes `<token>.<HMAC-SHA-256 of it, base64>`, percent-encoded.
 */
export function tokenFromCookie(headers: Headers, cookieName: string, secret: string): string | null {
  const value = parseCookies(headers.get('cookie') ?? '').get(cookieName)
  const signed = value === undefined ? null : decode(value)
  if (signed === null) return null
  const dot = signed.lastIndexOf('.')
  if (dot < 1) return null
  const token = signed.slice(0, dot)
  const given = Buffer.from(signed.slice(dot + 1), 'base64')
  const expected = createHmac('sha256', secret).update(token).digest()
  return given.length === expected.length && timingSafeEqual(given, expected) ? token : null
}

function decode(value: string): string | null {
  try {
    return decodeURIComponent(value)
  } catch {
    return null
  }
}
