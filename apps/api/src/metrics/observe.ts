import { isCluster, type SessionStore, SessionStoreUnavailableError } from '@rollcall/session-store'
import type { Cluster, Command, Redis } from 'ioredis'
import { RateLimitedError } from '../errors.js'
import type { Limits } from '../limits/limits.js'
import type { Metrics } from './metrics.js'

/** Counts the commands of a client, on each node of a Cluster. */
export function observeCommands(client: Redis | Cluster, metrics: Metrics): void {
  if (isCluster(client)) {
    client.on('+node', (node: Redis) => observeNode(node, metrics))
    for (const node of client.nodes()) observeNode(node, metrics)
  } else observeNode(client, metrics)
}

function observeNode(node: Redis, { redisCommands, redisFailures }: Metrics): void {
  const send = node.sendCommand
  node.sendCommand = (command: Command, ...rest) => {
    const began = performance.now()
    const reply = send.call(node, command, ...rest)
    const observe = (): void => redisCommands(command.name).observe(performance.now() - began)
    command.promise.then(observe, (error: unknown) => {
      observe()
      const isReply = error instanceof Error && error.name === 'ReplyError'
      redisFailures.inc({ reason: isReply ? 'error_reply' : 'no_reply' })
    })
    return reply
  }
}

/** The store, with its validations timed and its outages counted. */
export function observeStore(store: SessionStore, metrics: Metrics): SessionStore {
  const { valid, refused, unavailable } = metrics.validations
  const fail = (error: unknown): never => {
    if (error instanceof SessionStoreUnavailableError) metrics.storeFailures.inc()
    throw error
  }
  const counted =
    <A extends unknown[], T>(work: (...args: A) => Promise<T>) =>
    (...args: A): Promise<T> =>
      work(...args).catch(fail)
  return {
    timeouts: store.timeouts,
    clock: store.clock,
    time: counted(store.time),
    create: counted(store.create),
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
    touch: counted(store.touch),
    update: counted(store.update),
    rotate: counted(store.rotate),
    list: counted(store.list),
    count: counted(store.count),
    revoke: counted(store.revoke),
    revokeMany: counted(store.revokeMany),
    revokeOthers: counted(store.revokeOthers),
    revokeAll: counted(store.revokeAll),
  }
}

/** The limits, with each refusal counted once: work within a limit may be refused by another one inside. */
export function observeLimits(limits: Limits, { limitsHit }: Metrics): Limits {
  return {
    ...limits,
    within: (charges, work, verdictOf, options) =>
      limits.within(charges, work, verdictOf, options).catch((error: unknown) => {
        const isOwn = error instanceof RateLimitedError && charges.some(([limit]) => limit === error.limit)
        if (isOwn) limitsHit.inc({ limit: error.limit ?? '' })
        throw error
      }),
  }
}
