import type { Cluster, Redis } from 'ioredis'
import { isCluster, nodeFor } from './cluster.js'
import { NotReplicatedError } from './errors.js'
import { TIMED_OUT } from './fair-timeouts.js'
import { type Keys, scriptSource } from './scripts.js'
import { superviseClient } from './supervise.js'

/** The scripts that end sessions; each answers with a number. */
export type Ending = 'rollcallRevoke' | 'rollcallRotate' | 'rollcallRevokeOthers' | 'rollcallRevokeAll'
type Argument = string | number | Buffer

/** Runs one of them on the keys of a user. */
export type EndSessions = (ending: Ending, keys: Keys, ...args: Argument[]) => Promise<number>

/** Milliseconds for a replica to confirm. Redis may take 100 more to notice that they are over; the command timeout is 200. */
const CONFIRM_WITHIN = 75
/** Redis Cluster may send a command on: to the new owner of a slot, or to where a key already is. */
const MOST_REDIRECTIONS = 4

export function onMaster(redis: Redis | Cluster): EndSessions {
  return async (ending, keys, ...args) => redis[ending](...keys, ...args)
}

/**
 * Resolves once a replica has the revocation too.
 *
 * WAIT speaks of what its own connection wrote and blocks that connection, so it goes out together with the
 * ending, in one round trip, on a connection where no validation queues behind it. That one lives as long
 * as the given client, which does the work until it is up.
 */
export function onReplica(redis: Redis | Cluster): EndSessions {
  const own = isCluster(redis) ? redis.duplicate([], { lazyConnect: false }) : redis.duplicate({ lazyConnect: false })
  superviseClient(own)
  let client = redis
  own.once('ready', () => (client = own))
  own.on('error', () => undefined) // the given client tells of the same outage, and each command rejects by itself
  redis.once('end', () => own.disconnect())

  return async (ending, keys, ...args) => {
    const [count, key, ...events] = keys
    let asked: string | undefined
    for (let sent = 0; sent <= MOST_REDIRECTIONS; sent += 1) {
      const node = nodeFor(client, key, asked)
      if (node === undefined) {
        await learnSlots(client)
        continue
      }
      const pipeline = node.pipeline()
      if (asked !== undefined) pipeline.asking()
      // By its source: of a digest that Redis has lost, WAIT would confirm nothing.
      pipeline.eval(scriptSource(ending), count, key, ...events, ...args).wait(1, CONFIRM_WITHIN)
      const replies = (await pipeline.exec()) ?? []
      const [[failure, ended] = [], [unconfirmed, replicas] = []] = replies.slice(-2)

      const redirection = /^(MOVED|ASK) \d+ (\S+)$/.exec(failure?.message ?? '')
      if (redirection !== null) {
        asked = redirection[1] === 'ASK' ? redirection[2] : undefined
        await learnSlots(client)
        continue
      }
      const error = failure ?? unconfirmed
      if (error) {
        // Drop the connection, so that commands queued behind WAIT do not run after their callers timed out.
        if (client === own && error.message === TIMED_OUT && !node.stream.writableEnded) node.disconnect(node === own)
        throw error
      }
      if (replicas === 0) throw new NotReplicatedError()
      return Number(ended)
    }
    throw new Error('No node of the cluster answers for this key')
  }
}

async function learnSlots(client: Redis | Cluster): Promise<void> {
  if (!isCluster(client)) return
  await new Promise<void>((resolve, reject) => client.refreshSlotsCache((error) => (error ? reject(error) : resolve())))
}
