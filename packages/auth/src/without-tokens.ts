const SESSION_TOKEN = /^[A-Za-z0-9_-]{81}$/

/** A copy of a reply's body without any property that holds a session token, at whatever depth. */
export function withoutTokens(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTokens)
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, held]) => !(typeof held === 'string' && SESSION_TOKEN.test(held)))
      .map(([name, held]) => [name, withoutTokens(held)]),
  )
}
