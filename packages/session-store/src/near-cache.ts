import { Cluster, Command, type Redis } from 'ioredis'
import { Memory } from './memory.js'
import { nodeFor } from './node-for.js'
import { track, type Tracking } from './tracking.js'

/** Records as Redis has given them, kept in this process until Redis says that they have changed. */
export interface NearCache {
  /** Costs no round trip. */
  recall(key: string, sessionId: string): Buffer | undefined
  /** Asks Redis, and keeps the answer unless it may have changed since the question. */
  ask(key: string, sessionId: string): Promise<Buffer | null>
  /** To be called when this process has written, or may have written, to the user's sessions. */
  forget(key: string): void
}

export interface NearCacheOptions {
  readonly redis: Redis | Cluster
  /** What the keys of all users begin with. */
  readonly prefix: string
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
export function createNearCache({ redis, prefix, lease }: NearCacheOptions): NearCache {
  if (!Number.isSafeInteger(lease) || lease < 1) throw new RangeError('The lease must be a whole number of milliseconds, 1 or more')
  // Redis names keys as they are there: with what the client itself puts in front.
  const clientPrefix = redis.options.keyPrefix ?? ''
  const known = new Map<Redis, Known>()

  function meet(node: Redis): Known {
    const memory = new Memory()
    const tracking = track({
      node,
      isCluster: redis instanceof Cluster,
      prefix: clientPrefix + prefix,
      lease,
      changed: (key) => memory.forget(key.slice(clientPrefix.length)),
      doubted: () => memory.clear(),
    })
    if (redis instanceof Cluster) node.once('end', () => known.delete(node))
    known.set(node, { node, memory, tracking })
    return { node, memory, tracking }
  }

  /** Of a node that has no say over the key any more, nothing counts. */
  function trusted(key: string): Known | undefined {
    const node = nodeFor(redis, key)
    const found = node && (known.get(node) ?? meet(node))
    return found?.tracking.isTrusted() ? found : undefined
  }

  if (!(redis instanceof Cluster)) meet(redis)

  return {
    recall: (key, sessionId) => trusted(key)?.memory.get(key, sessionId),

    async ask(key, sessionId) {
      const found = trusted(key)
      if (found === undefined) return redis.hgetBuffer(key, sessionId)
      const { node, memory } = found
      const settle = memory.expect(key, sessionId)
      try {
        // From this very node: what a Cluster is redirected to has another one to tell of its changes.
        const bytes = await hget(node, clientPrefix + key, sessionId)
        settle(bytes)
        return bytes
      } catch (error) {
        settle(null)
        if (node === redis || !(error instanceof Error && /^(?:MOVED|ASK) /.test(error.message))) throw error
        return redis.hgetBuffer(key, sessionId)
      }
    },

    forget(key) {
      for (const { memory } of known.values()) memory.forget(key)
    },
  }
}

async function hget(node: Redis, key: string, field: string): Promise<Buffer | null> {
  const command = new Command('hget', [key, field], { replyEncoding: null })
  return (await node.sendCommand(command)) as Buffer | null // what HGET replies
}
