import type { Cluster, Redis, RedisOptions } from 'ioredis'
import { rejectUnsupportedClient } from './client-check.js'
import { isCluster } from './cluster.js'
import { UnsupportedRedisError } from '../errors/errors.js'
import { makeTimeoutsFair } from './fair-timeouts.js'
import { redisOptions } from './redis.js'
import { listenForStreamErrors } from './stream-errors.js'
import { leaveWrongServer } from './wrong-server.js'

const supervised = new WeakSet<Redis | Cluster>()

/**
 * Adds to a client, and to each node of a Cluster client, three things that ioredis does not do:
 *
 * - A second error of a connection does not end the process.
 * - `commandTimeout` and `socketTimeout` do not count a pause of this process.
 * - A reply such as READONLY, after a failover behind one address, moves the client to the server now at that address.
 *
 * Every part of this package does so with the client that it is given. Call it yourself for a client that you use earlier.
 * A second call does nothing.
 *
 * @throws {UnsupportedRedisError} for a client of another library, or of an older ioredis.
 */
export function superviseClient(client: Redis | Cluster): void {
  if (supervised.has(client)) return
  rejectUnsupportedClient(client)
  supervised.add(client)
  if (isCluster(client)) {
    client.on('+node', (node: Redis) => superviseNode(client, node))
    for (const node of client.nodes()) superviseClient(node)
    return
  }
  listenForStreamErrors(client)
  makeTimeoutsFair(client)
  // A connection for one question: it does not wait for a server that loads, and does not retry.
  leaveWrongServer(client, () =>
    fairDuplicateOf(client, { lazyConnect: true, enableReadyCheck: false, retryStrategy: () => null }),
  )
}

/**
 * A Cluster client has nodes only once it connects. If it is too old, each of its commands says so from now on.
 *
 * @throws {UnsupportedRedisError} from `connect`.
 */
function superviseNode(client: Cluster, node: Redis): void {
  try {
    superviseClient(node)
  } catch (error) {
    if (!(error instanceof UnsupportedRedisError)) throw error
    client.disconnect() // ioredis would try again, and use the node
    client.sendCommand = (command) => {
      command.reject(error)
      return command.promise
    }
    throw error
  }
}

/** Another connection like the client's, with its timeouts or those of `redisOptions`, and supervised as well. */
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
