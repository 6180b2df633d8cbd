import { sessionIdIn } from '@rollcall/session-store'

/**
 * A copy of a reply's body with the session id in the place of each token, at whatever depth. So pages that compare
 * `session.token`, or name a session by it, work with ids.
 */
export function hideTokens(value: unknown): unknown {
  if (typeof value === 'string') return sessionIdIn(value) ?? value
  if (Array.isArray(value)) return value.map(hideTokens)
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, hideTokens(held)]))
}
