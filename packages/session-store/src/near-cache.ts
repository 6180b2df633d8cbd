import type { Cluster, Redis } from 'ioredis'
import { isCluster, nodeFor } from './cluster.js'
import { sessionsKey, userTagIn, usersPrefix } from './keys.js'
import type { LookUp } from './look-ups.js'
import { Memory } from './memory.js'
import { decodeRecord, type SessionRecord } from './record.js'
import { track, type Tracking } from './tracking.js'

/** Records as Redis has given them, kept in this process until Redis says that they have changed. */
export interface NearCache {
  /** Costs no round trip. */
  recall(userTag: string, sessionId: string): SessionRecord | null
  /** Asks Redis, and keeps the answer unless it may have changed since the question. */
  ask(userTag: string, sessionId: string): Promise<Buffer | null>
  /** To be called when this process has written, or may have written, to the user's sessions. */
  forget(userTag: string): void
}

export interface NearCacheOptions {
  readonly redis: Redis | Cluster
  readonly lookUp: LookUp
  readonly keyPrefix: string
  /** In milliseconds. */
  readonly lease: number
}

/** What one master has answered, and whether it still tells what has changed since. */
interface Known {
  readonly node: Redis
  readonly memory: Memory
  readonly tracking: Tracking
}

/** @throws {RangeError} for a lease that cannot be. */
export function createNearCache({ redis, lookUp, keyPrefix, lease }: NearCacheOptions): NearCache {
  if (!Number.isSafeInteger(lease) || lease < 1) throw new RangeError('The lease must be a whole number of milliseconds, 1 or more')
  // Redis names keys as they are there: with what the client itself puts in front.
  const clientPrefix = redis.options.keyPrefix ?? ''
  const known = new Map<Redis, Known>()

  function meet(node: Redis): Known {
    const memory = new Memory()
    const tracking = track({
      node,
      isCluster: isCluster(redis),
      prefix: usersPrefix(clientPrefix + keyPrefix),
      lease,
      changed(key) {
        const userTag = userTagIn(clientPrefix + keyPrefix, key)
        if (userTag !== null) memory.forget(userTag)
      },
      doubted: () => memory.clear(),
    })
    if (isCluster(redis)) node.once('end', () => known.delete(node))
    const met = { node, memory, tracking }
    known.set(node, met)
    return met
  }

  const single = isCluster(redis) ? undefined : meet(redis)

  /** Ignore cached records from a node that no longer owns the slot. */
  function knownBy(userTag: string): Known | undefined {
    const node = nodeFor(redis, sessionsKey(keyPrefix, userTag))
    return node && (known.get(node) ?? meet(node))
  }

  function trusted(userTag: string): Known | undefined {
    const found = single ?? knownBy(userTag)
    return found?.tracking.isTrusted() ? found : undefined
  }

  return {
    recall: (userTag, sessionId) => trusted(userTag)?.memory.get(userTag, sessionId) ?? null,

    async ask(userTag, sessionId) {
      const key = sessionsKey(keyPrefix, userTag)
      const found = trusted(userTag)
      if (found === undefined) return lookUp(key, sessionId)
      const { node, memory } = found
      const settle = memory.expect(userTag, sessionId)
      try {
        // From this very node: what a Cluster is redirected to has another one to tell of its changes.
        const bytes = await lookUp(key, sessionId, node === redis ? undefined : node)
        settle(bytes && decodeRecord(bytes))
        return bytes
      } catch (error) {
        settle(null)
        if (node === redis || !(error instanceof Error && /^(?:MOVED|ASK) /.test(error.message))) throw error
        return lookUp(key, sessionId)
      }
    },

    forget(userTag) {
      for (const { memory } of known.values()) memory.forget(userTag)
    },
  }
}
