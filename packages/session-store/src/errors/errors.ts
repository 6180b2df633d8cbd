import { refusalOf } from './refused-command.js'

/**
 * Redis gave no usable answer: it is down, hung, full or read-only, or it refuses a command. The outcome of the call
 * is unknown. Also thrown if other requests changed one session during each of five tries: then nothing was written. Report an
 * outage to the caller, never a sign-out or a success.
 */
export class SessionStoreUnavailableError extends Error {
  override readonly name: string = 'SessionStoreUnavailableError'
  /**
   * The command that Redis refuses, such as `hset`: its access list, a password, the type of a key or a script is wrong. A
   * repetition fails too, until somebody mends that. `null` for an outage, which passes.
   */
  readonly refused: string | null

  constructor(cause: unknown) {
    const refusal = refusalOf(cause)
    super(refusal?.message ?? 'The session store is unavailable', { cause: withoutArguments(cause) })
    this.refused = refusal?.command ?? null
  }
}

/**
 * With `durability: 'replicated'`: the master has revoked the sessions, but no replica acknowledged it in time. This master
 * refuses them for as long as it lives; after a failover they might sign in again. Repeat the revocation: it succeeds, with
 * 0, as soon as a replica holds all that the master does.
 */
export class NotReplicatedError extends SessionStoreUnavailableError {
  override readonly name = 'NotReplicatedError'

  /** @param reply The answer of the master. `null` where the caller knows it. */
  constructor(readonly reply: number | null = null) {
    super(new Error('No replica acknowledged the revocation in time'))
  }
}

/** This Redis, or its client, cannot keep the promises of the store. The message says why. */
export class UnsupportedRedisError extends Error {
  override readonly name = 'UnsupportedRedisError'

  /** @param mode Set when the server needs another kind of client. */
  constructor(
    message: string,
    readonly mode: 'cluster' | 'sentinel' | null = null,
  ) {
    super(message)
  }
}

/** Rejects with {@link SessionStoreUnavailableError}, for any reason for which Redis gives no answer. */
export async function rejectUnavailable<T>(reply: Promise<T>): Promise<T> {
  return reply.catch(throwUnavailable)
}

export function throwUnavailable(error: unknown): never {
  throw error instanceof SessionStoreUnavailableError ? error : new SessionStoreUnavailableError(error)
}

/** ioredis attaches the command with its arguments to an error. They must not reach a log. */
function withoutArguments(cause: unknown): Error {
  if (!(cause instanceof Error)) return new Error(String(cause))
  const bare = new Error(cause.message)
  bare.name = cause.name
  if (cause.stack !== undefined) bare.stack = cause.stack
  return bare
}
