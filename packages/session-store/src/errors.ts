/**
 * Redis gave no usable answer: it is down, hung, full, read-only or refuses us. The outcome of the
 * operation is unknown, so a caller must report an outage: never a sign-out, never a success.
 */
export class SessionStoreUnavailableError extends Error {
  override readonly name = 'SessionStoreUnavailableError'

  constructor(cause: unknown) {
    super('The session store is unavailable', { cause: withoutArguments(cause) })
  }
}

/** The Redis at hand cannot keep the promises of the store; the message says why. */
export class UnsupportedRedisError extends Error {
  override readonly name = 'UnsupportedRedisError'
}

/** ioredis hangs the command with its arguments on an error; those must not reach a log. */
function withoutArguments(cause: unknown): Error {
  if (!(cause instanceof Error)) return new Error(String(cause))
  const bare = new Error(cause.message)
  bare.name = cause.name
  if (cause.stack !== undefined) bare.stack = cause.stack
  return bare
}
