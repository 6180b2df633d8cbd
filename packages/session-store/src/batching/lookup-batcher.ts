import { type Cluster, Command, type Redis } from 'ioredis'
import { isCluster, nameInRedis } from '../redis/cluster.js'
import { reportError } from '../redis/wrong-server.js'

/**
 * Reads the bytes of one field of a hash.
 *
 * @param node the master of a Cluster to ask, without redirection. Then the reply may be MOVED or ASK.
 */
export type LookUp = (key: string, field: string, node?: Redis) => Promise<Buffer | null>

interface PendingLookup {
  readonly key: string
  readonly field: string
  readonly resolve: (bytes: Buffer | null) => void
  readonly reject: (error: unknown) => void
}

/** A batch of this size leaves at once, so that Redis works on it while the next one is prepared. */
const MAX_BATCH = 16

/**
 * Batches the lookups of one turn of the event loop into one command, because a command costs ioredis more than its fields.
 * In a Cluster, where no command may name keys of several slots, they only share a write.
 *
 * @param coalesceWrites that of the client. A second one would cork its sockets twice.
 */
export function createLookupBatcher(redis: Redis | Cluster, coalesceWrites: () => void): LookUp {
  let canBatch = !isCluster(redis)
  let pending: PendingLookup[] = []

  function sendOne(key: string, field: string, node?: Redis): Promise<Buffer | null> {
    coalesceWrites()
    if (node === undefined) return redis.hgetBuffer(key, field)
    const command = new Command('hget', [nameInRedis(redis, key), field], { replyEncoding: null })
    return node.sendCommand(command) as Promise<Buffer | null> // what HGET replies
  }

  async function sendBatch(batch: readonly PendingLookup[]): Promise<void> {
    const keys = batch.map(({ key }) => key)
    const fields = batch.map(({ field }) => field)
    const replies = await redis.rollcallLookUpBuffer(batch.length, ...keys, ...fields)
    batch.forEach(({ resolve, reject }, n) => {
      const reply = replies[n]
      if (reply === null || reply instanceof Buffer) return resolve(reply)
      const error = reply instanceof Error ? reply : new Error('Redis has left out a reply')
      if (!isCluster(redis)) reportError(redis, error)
      reject(error)
    })
  }

  function flush(): void {
    const batch = pending
    pending = []
    const [first] = batch
    if (first === undefined) return
    if (batch.length === 1) return void redis.hgetBuffer(first.key, first.field).then(first.resolve, first.reject)
    sendBatch(batch).catch((error: unknown) => {
      // A node of a Cluster, though the client is none; or a proxy before one.
      const isCrossSlot = error instanceof Error && error.message.startsWith('CROSSSLOT')
      if (isCrossSlot) canBatch = false
      for (const { key, field, resolve, reject } of batch) {
        if (isCrossSlot) sendOne(key, field).then(resolve, reject)
        else reject(error)
      }
    })
  }

  return (key, field, node) => {
    if (!canBatch || node !== undefined) return sendOne(key, field, node)
    return new Promise((resolve, reject) => {
      const size = pending.push({ key, field, resolve, reject })
      if (size === 1) setImmediate(flush)
      if (size === MAX_BATCH) flush()
    })
  }
}
