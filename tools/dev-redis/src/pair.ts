import { retryUntilReply, freePorts, type PrivateNode, startAll, stopAll } from './network.js'
import { startRedis, type StartRedisOptions } from './redis.js'

export interface PrivatePair extends AsyncDisposable {
  /** A master, then its replica, until the first failover. */
  readonly nodes: readonly [PrivateNode, PrivateNode]
  /** The one that is the master now. It stays the master when it is killed and started again. */
  master(): PrivateNode
  /**
   * Master and replica change places, and no write that was answered is lost. Open connections stay open. Resolves when
   * the new replica follows.
   */
  failOver(): Promise<void>
  /** Ends both servers. May be called twice. */
  stop(): Promise<void>
}

/**
 * Starts a master and a replica on 127.0.0.1, each as private as `startRedis` makes it. Resolves when the replica follows.
 *
 * @param options for both
 * @throws {RedisUnavailableError} when there is no server to run.
 */
export async function startPair({ args = [], ...options }: StartRedisOptions = {}): Promise<PrivatePair> {
  const ports = await freePorts(2)
  const [first, second] = await startAll(
    ports.map(async (port) => {
      const own = ['--bind', '127.0.0.1', '--port', String(port), '--repl-diskless-sync-delay', '0', ...args]
      return { port, server: await startRedis({ ...options, args: own }) }
    }),
  )
  if (first === undefined || second === undefined) throw new Error('There are two ports')
  const nodes = [first, second] as const
  let [master, replica] = nodes
  const stop = async (): Promise<void> => stopAll(nodes)
  try {
    // Not as a setting: a master that is killed and started again would come back as the replica that it once was.
    await retryUntilReply(replica, `REPLICAOF 127.0.0.1 ${master.port}`, /^\+OK/)
    await waitForReplica(replica, master)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    nodes,
    master: () => master,
    async failOver() {
      await retryUntilReply(master, 'FAILOVER', /^\+OK/)
      await retryUntilReply(replica, 'INFO replication', /role:master/)
      const promoted = replica
      replica = master
      master = promoted
      await waitForReplica(replica, master)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function waitForReplica(replica: PrivateNode, master: PrivateNode): Promise<void> {
  await retryUntilReply(replica, 'INFO replication', /master_link_status:up/)
  await retryUntilReply(master, 'INFO replication', /connected_slaves:1/)
}
