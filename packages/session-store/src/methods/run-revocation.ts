import type { Cluster, Redis } from 'ioredis'
import { isCluster, nameOnNode, nodeFor, refreshSlots } from '../redis/cluster.js'
import { NotReplicatedError } from '../errors/errors.js'
import { TIMED_OUT } from '../redis/fair-timeouts.js'
import { type Keys, type RevocationArguments, writingSource } from '../scripts/scripts.js'
import { superviseClient } from '../redis/supervise.js'

/** Runs a script that revokes sessions on the keys of a user, and resolves with the script's number. */
export type RunRevocation = <Script extends keyof RevocationArguments>(
  script: Script,
  keys: Keys,
  ...args: RevocationArguments[Script]
) => Promise<number>

type Commands = {
  readonly [Script in keyof RevocationArguments]: (
    ...args: [...Keys, ...RevocationArguments[Script]]
  ) => Promise<number>
}

/** For a replica to acknowledge. Redis may notice up to 100 ms later that the time is over; the command timeout is 200 ms. */
const REPLICA_TIMEOUT_MS = 75
/** Redis Cluster may redirect a command: to the new owner of a slot, or to the node that has the key already. */
const MAX_REDIRECTIONS = 4

/** Resolves as soon as the master has revoked. */
export function runOnMaster(redis: Redis | Cluster): RunRevocation {
  const commands: Commands = redis
  return async (script, keys, ...args) => commands[script](...keys, ...args)
}

/**
 * Resolves once a replica has acknowledged the revocation too.
 *
 * WAIT covers everything up to the last write of its own connection, and blocks that connection. So it goes out together with
 * the script, in one round trip, on a connection where no validation queues behind it. The script always writes, so that WAIT
 * also covers what another connection has revoked. All stores of a client share that connection.
 */
export function runWithReplica(redis: Redis | Cluster): RunRevocation {
  const known = runners.get(redis)
  if (known !== undefined) return known
  const run = createRunner(redis)
  runners.set(redis, run)
  return run
}

const runners = new WeakMap<Redis | Cluster, RunRevocation>()

/** The connection ends with the given client, and comes back with it. Until it is ready, the client runs the scripts. */
function createRunner(redis: Redis | Cluster): RunRevocation {
  const own = isCluster(redis) ? redis.duplicate([], { lazyConnect: false }) : redis.duplicate({ lazyConnect: false })
  superviseClient(own)
  let current = redis
  own.on('ready', () => (current = own))
  own.on('end', () => (current = redis))
  own.on('error', () => undefined) // the given client reports the same outage, and each command rejects by itself
  redis.on('end', () => own.disconnect())

  return async (script, keys, ...args) => {
    // It may also have given up by itself, by the retry strategy of the client.
    if (own.status === 'end' && redis.status === 'ready') own.connect().catch(() => undefined)
    const client = current
    const [count, key, ...events] = keys
    let asking: string | undefined
    for (let sent = 0; sent <= MAX_REDIRECTIONS; sent += 1) {
      const node = nodeFor(client, key, asking)
      if (node === undefined) {
        await refreshSlots(client)
        continue
      }
      const names = [key, ...events].map((name) => nameOnNode(client, node, name))
      const pipeline = node.pipeline()
      if (asking !== undefined) pipeline.asking()
      // By its source: if Redis has lost the script of a digest, WAIT would have nothing to acknowledge.
      pipeline.eval(writingSource(script), count, ...names, ...args).wait(1, REPLICA_TIMEOUT_MS)
      const replies = (await pipeline.exec()) ?? []
      const [[failure, revoked] = [], [waitFailure, replicas] = []] = replies.slice(-2)

      const redirection = /^(MOVED|ASK) \d+ (\S+)$/.exec(failure?.message ?? '')
      if (redirection !== null) {
        asking = redirection[1] === 'ASK' ? redirection[2] : undefined
        await refreshSlots(client)
        continue
      }
      const error = failure ?? waitFailure
      if (error) {
        // Drop the connection, so that commands queued behind WAIT do not run after their callers timed out.
        if (client === own && error.message === TIMED_OUT && !node.stream.writableEnded) node.disconnect(node === own)
        throw error
      }
      if (replicas === 0) throw new NotReplicatedError(Number(revoked))
      return Number(revoked)
    }
    throw new Error('No node of the cluster answers for this key')
  }
}
