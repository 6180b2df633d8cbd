/** `<userTag><sessionId><secret>`, of fixed lengths. */
const SESSION_TOKEN = /^[\w-]{22}([\w-]{16})[\w-]{43}$/

/** The session id in a token; any other text as it is. */
export function idInToken(text: string): string {
  return SESSION_TOKEN.exec(text)?.[1] ?? text
}

/**
 * A copy of a reply's body with the session id in the place of each token, at whatever depth. So pages that compare
 * `session.token`, or name a session by it, work with ids.
 */
export function hideTokens(value: unknown): unknown {
  if (typeof value === 'string') return idInToken(value)
  if (Array.isArray(value)) return value.map(hideTokens)
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).map(([name, held]) => [name, hideTokens(held)]))
}
