import type { Cluster, Redis, RedisOptions } from 'ioredis'
import { isCluster } from './cluster.js'
import { makeTimeoutsFair } from './fair-timeouts.js'
import { redisOptions } from './redis.js'
import { leaveWrongServer } from './wrong-server.js'

const supervised = new WeakSet<Redis | Cluster>()

/**
 * Teaches a client, and each node of a Cluster client, what ioredis does not do by itself:
 *
 * - `commandTimeout` and `socketTimeout` do not count a pause of this process.
 * - A reply such as READONLY, after a failover behind one address, moves the client to the server that the address leads to.
 *
 * Everything of this package does this to the client that it is given; call it for a client that has other uses first.
 * A second call does nothing.
 */
export function superviseClient(client: Redis | Cluster): void {
  if (supervised.has(client)) return
  supervised.add(client)
  if (isCluster(client)) {
    client.on('+node', superviseClient)
    for (const node of client.nodes()) superviseClient(node)
    return
  }
  makeTimeoutsFair(client)
  // Asked once and let go of: it neither waits for a server that loads, nor tries again.
  leaveWrongServer(client, () => fairDuplicateOf(client, { lazyConnect: true, enableReadyCheck: false, retryStrategy: () => null }))
}

/** Another connection like the client's, with its limits or those of `redisOptions`, and supervised as well. */
export function duplicateOf(client: Redis, options: Options): Redis {
  const { commandTimeout = redisOptions.commandTimeout, socketTimeout = redisOptions.socketTimeout } = client.options
  const own = client.duplicate({ ...redisOptions, commandTimeout, socketTimeout, ...options })
  superviseClient(own)
  return own
}

type Options = Omit<RedisOptions, 'replyMapping'>

function fairDuplicateOf(client: Redis, options: Options): Redis {
  const own = client.duplicate(options)
  makeTimeoutsFair(own)
  return own
}
