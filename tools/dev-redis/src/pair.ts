import { setTimeout as sleep } from 'node:timers/promises'
import { POLL } from './life.js'
import { agree, freePorts, type PrivateNode, startAll, stopAll } from './network.js'
import { startRedis } from './redis.js'

export interface PrivatePair extends AsyncDisposable {
  /** A master, then its replica. */
  readonly nodes: readonly [PrivateNode, PrivateNode]
  /** The replica, once it has all that its master has, becomes a master, and the old master its replica; open connections stay open. */
  failOver(): Promise<void>
  /** Ends both servers. May be called twice. */
  stop(): Promise<void>
}

/**
 * Starts a master and a replica on 127.0.0.1, each as private as `startRedis` makes it. Resolves when the replica follows.
 *
 * @param args further redis.conf directives for both
 * @throws {RedisUnavailableError} when there is no server to run.
 */
export async function startPair(args: readonly string[] = []): Promise<PrivatePair> {
  const ports = await freePorts(2)
  const [master, replica] = await startAll(
    ports.map(async (port, at) => {
      const own = ['--bind', '127.0.0.1', '--port', String(port), '--repl-diskless-sync-delay', '0', ...args]
      const following = at === 0 ? [] : ['--replicaof', `127.0.0.1 ${ports[0]}`]
      return { port, server: await startRedis({ args: [...own, ...following] }) }
    }),
  )
  if (master === undefined || replica === undefined) throw new Error('There are two ports')
  const nodes = [master, replica] as const
  const stop = async (): Promise<void> => stopAll(nodes)
  try {
    await connected(replica, master)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    nodes,
    async failOver() {
      while ((await offsetOf(master)) !== (await offsetOf(replica))) await sleep(POLL)
      await agree(replica, 'REPLICAOF NO ONE', /^\+OK/)
      await agree(master, `REPLICAOF 127.0.0.1 ${replica.port}`, /^\+OK/)
      await connected(master, replica)
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function connected(replica: PrivateNode, master: PrivateNode): Promise<void> {
  await agree(replica, 'INFO replication', /master_link_status:up/)
  await agree(master, 'INFO replication', /connected_slaves:1/)
}

async function offsetOf(node: PrivateNode): Promise<string | undefined> {
  return (await agree(node, 'INFO replication', /master_repl_offset:(\d+)/))[1]
}
