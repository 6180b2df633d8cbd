import { isTouchDue, type SessionStore, SessionStoreUnavailableError } from '@rollcall/session-store'
import type { Cluster, Redis } from 'ioredis'
import { RateLimitedError } from '../errors.js'
import type { Limits } from '../limits/limits.js'
import { watchCommands } from '../redis/watch-commands.js'
import type { Metrics } from './metrics.js'

/** Counts the commands of a client, on each node of a Cluster. */
export function observeCommands(client: Redis | Cluster, { redisCommands, redisFailures }: Metrics): void {
  watchCommands(client, ({ name }) => {
    const began = performance.now()
    return (failure) => {
      redisCommands(name).observe(performance.now() - began)
      if (failure !== undefined) redisFailures.inc({ reason: failure })
    }
  })
}

/** The store, with its validations timed and its outages counted. */
export function observeStore(store: SessionStore, metrics: Metrics): SessionStore {
  const { valid, refused, unavailable } = metrics.validations
  const fail = (error: unknown): never => {
    if (error instanceof SessionStoreUnavailableError) metrics.storeFailures.inc()
    throw error
  }
  const countCall =
    <A extends unknown[], T>(work: (...args: A) => Promise<T>) =>
    (...args: A): Promise<T> =>
      work(...args).catch(fail)
  const countedTouch = countCall(store.touch)
  return {
    timeouts: store.timeouts,
    clock: store.clock,
    time: countCall(store.time),
    create: countCall(store.create),
    validate(token, options) {
      const began = performance.now()
      return store.validate(token, options).then(
        (session) => {
          const durations = session === null ? refused : valid
          durations.observe(performance.now() - began)
          return session
        },
        (error: unknown) => {
          unavailable.observe(performance.now() - began)
          return fail(error)
        },
      )
    },
    // Most touches ask nothing of Redis, and cannot fail.
    touch: (session) => (isTouchDue(store, session) ? countedTouch(session) : store.touch(session)),
    update: countCall(store.update),
    rotate: countCall(store.rotate),
    list: countCall(store.list),
    count: countCall(store.count),
    revoke: countCall(store.revoke),
    revokeMany: countCall(store.revokeMany),
    revokeOthers: countCall(store.revokeOthers),
    revokeAll: countCall(store.revokeAll),
    onRevoked: store.onRevoked,
  }
}

/** A mail that is not the first of its account is sent within the limits of its mailbox. */
const isFirst = (limit = ''): boolean => limit.endsWith(':first')

/** The limits, with each refusal counted once: work within a limit may be refused by another one inside. */
export function observeLimits(limits: Limits, { limitsHit }: Metrics): Limits {
  return {
    ...limits,
    within: (charges, work, verdictOf, options) =>
      limits.within(charges, work, verdictOf, options).catch((error: unknown) => {
        const isOwn = error instanceof RateLimitedError && charges.some(([limit]) => limit === error.limit)
        if (isOwn && !isFirst(error.limit)) limitsHit.inc({ limit: error.limit ?? '' })
        throw error
      }),
  }
}
