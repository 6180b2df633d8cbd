import type { Cluster, Redis } from 'ioredis'
import { isCluster, nameInRedis, nodeFor } from '../redis/cluster.js'
import { sessionsKey, userTagIn, usersPrefix } from '../record/keys.js'
import type { LookUp } from '../batching/lookup-batcher.js'
import { decodeRecord, type SessionRecord } from '../record/record.js'
import { RecordCache } from './record-cache.js'
import type { NearCacheEvent } from '../record/session.js'
import { track, type Tracking } from './tracking.js'

/** Records from Redis, cached in this process until Redis says that they have changed. */
export interface NearCache {
  /** The cached record, without a round trip. */
  peek(userTag: string, sessionId: string): SessionRecord | null
  /** Asks Redis, and caches the reply unless the record may have changed since. */
  fetch(userTag: string, sessionId: string): Promise<Buffer | null>
  readonly observe: (event: NearCacheEvent) => void
  /** Call it when this process has written, or may have written, to the user's sessions. */
  invalidate(userTag: string): void
}

export interface NearCacheOptions {
  readonly redis: Redis | Cluster
  readonly lookUp: LookUp
  readonly keyPrefix: string
  /** In milliseconds. */
  readonly lease: number
  readonly observe: (event: NearCacheEvent) => void
}

/** The records of one master, and whether it still reports their changes. */
interface TrackedNode {
  readonly node: Redis
  readonly cache: RecordCache
  readonly tracking: Tracking
}

/** @throws {RangeError} for an invalid lease. */
export function createNearCache({ redis, lookUp, keyPrefix, lease, observe }: NearCacheOptions): NearCache {
  if (!Number.isSafeInteger(lease) || lease < 1)
    throw new RangeError('The lease must be a whole number of milliseconds, 1 or more')
  const prefix = nameInRedis(redis, keyPrefix)
  const trackedNodes = new Map<Redis, TrackedNode>()

  function trackNode(node: Redis): TrackedNode {
    const cache = new RecordCache()
    const tracking = track({
      node,
      isCluster: isCluster(redis),
      prefix: usersPrefix(prefix),
      lease,
      onInvalidate(key) {
        const userTag = userTagIn(prefix, key)
        if (userTag !== null) cache.invalidate(userTag)
      },
      onReset: () => cache.clear(),
      onLost: () => observe('lease-lost'),
    })
    if (isCluster(redis)) node.once('end', () => trackedNodes.delete(node))
    const tracked = { node, cache, tracking }
    trackedNodes.set(node, tracked)
    return tracked
  }

  const single = isCluster(redis) ? undefined : trackNode(redis)

  /** In a Cluster, only the node that owns the slot now: cached records of an earlier owner must not count. */
  function trustedNodeOf(userTag: string): TrackedNode | undefined {
    const node = single === undefined ? nodeFor(redis, sessionsKey(keyPrefix, userTag)) : undefined
    const tracked = single ?? (node && (trackedNodes.get(node) ?? trackNode(node)))
    return tracked?.tracking.isTrusted() ? tracked : undefined
  }

  return {
    observe,

    peek: (userTag, sessionId) => trustedNodeOf(userTag)?.cache.get(userTag, sessionId) ?? null,

    async fetch(userTag, sessionId) {
      const key = sessionsKey(keyPrefix, userTag)
      const tracked = trustedNodeOf(userTag)
      if (tracked === undefined) return lookUp(key, sessionId)
      const { node, cache } = tracked
      const commit = cache.beginRead(userTag, sessionId)
      try {
        // From this very node: after a redirection, another node would report the changes.
        const bytes = await lookUp(key, sessionId, node === redis ? undefined : node)
        commit(bytes && decodeRecord(bytes))
        return bytes
      } catch (error) {
        commit(null)
        if (node === redis || !isRedirection(error)) throw error
        return lookUp(key, sessionId)
      }
    },

    invalidate(userTag) {
      for (const { cache } of trackedNodes.values()) cache.invalidate(userTag)
    },
  }
}

function isRedirection(error: unknown): boolean {
  return error instanceof Error && /^(?:MOVED|ASK) /.test(error.message)
}
