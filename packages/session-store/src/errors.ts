/**
 * Redis gave no usable answer: it is down, hung, full, read-only or refuses us. The outcome of the
 * operation is unknown, so a caller must report an outage: never a sign-out, never a success.
 */
export class SessionStoreUnavailableError extends Error {
  override readonly name: string = 'SessionStoreUnavailableError'

  constructor(cause: unknown) {
    super('The session store is unavailable', { cause: withoutArguments(cause) })
  }
}

/**
 * With `durability: 'replicated'`: the master has ended the sessions, but no replica confirmed it in time. They
 * are refused for as long as this master lives; after a failover they might sign in again. A revocation may be
 * repeated: it succeeds, with 0, as soon as a replica holds all that the master does.
 */
export class NotReplicatedError extends SessionStoreUnavailableError {
  override readonly name = 'NotReplicatedError'

  constructor() {
    super(new Error('No replica confirmed in time what the master has done'))
  }
}

/** The Redis at hand cannot keep the promises of the store; the message says why. */
export class UnsupportedRedisError extends Error {
  override readonly name = 'UnsupportedRedisError'

  /** @param mode set when the server needs another kind of client. */
  constructor(
    message: string,
    readonly mode: 'cluster' | 'sentinel' | null = null,
  ) {
    super(message)
  }
}

/** ioredis hangs the command with its arguments on an error; those must not reach a log. */
function withoutArguments(cause: unknown): Error {
  if (!(cause instanceof Error)) return new Error(String(cause))
  const bare = new Error(cause.message)
  bare.name = cause.name
  if (cause.stack !== undefined) bare.stack = cause.stack
  return bare
}
