import { retryUntilReply, freePorts, type PrivateNode, startAll, stopAll } from './network.js'
import { startRedis, startSentinelProcess } from './redis.js'

const SENTINELS = 3
const QUORUM = 2
/** Milliseconds until a silent master counts as failing. */
const DOWN_AFTER_MS = 1_000
/** Milliseconds that a failover may take before another is tried. */
const FAILOVER_TIMEOUT_MS = 5_000

export interface StartSentinelOptions {
  /** Further redis.conf directives, for the servers and the sentinels alike, of the one at this port. */
  readonly args?: (port: number) => readonly string[]
}

export interface PrivateSentinel extends AsyncDisposable {
  /** The name that the sentinels know the master by. */
  readonly name: string
  /** A master, then its replica; a failover exchanges their roles. */
  readonly nodes: readonly PrivateNode[]
  readonly sentinels: readonly PrivateNode[]
  /** Ends every server. May be called twice. */
  stop(): Promise<void>
}

/**
 * Starts a master, a replica and three sentinels that watch over them on 127.0.0.1, each as private as `startRedis` makes it.
 * Resolves when the replica follows and the sentinels know each other.
 *
 * @throws {RedisUnavailableError} when there is no server to run.
 */
export async function startSentinel({ args = () => [] }: StartSentinelOptions = {}): Promise<PrivateSentinel> {
  const name = 'rollcall'
  const [masterPort = 0, replicaPort = 0, ...sentinelPorts] = await freePorts(2 + SENTINELS)
  const onPort = (port: number): string[] => ['--bind', '127.0.0.1', '--port', String(port), ...args(port)]
  const quick = ['--repl-diskless-sync-delay', '0']
  const following = /connected_slaves:1|master_link_status:up/
  const nodes = await startAll([
    startNode(masterPort, startRedis({ args: [...onPort(masterPort), ...quick] })),
    startNode(
      replicaPort,
      startRedis({ args: [...onPort(replicaPort), ...quick, '--replicaof', `127.0.0.1 ${masterPort}`] }),
    ),
  ])
  const sentinels: PrivateNode[] = []
  const stop = async (): Promise<void> => stopAll([...sentinels, ...nodes])
  try {
    // A sentinel asks the master for its replicas at once, and then only every ten seconds.
    for (const node of nodes) await retryUntilReply(node, 'INFO replication', following)
    const watch = `sentinel monitor ${name} 127.0.0.1 ${masterPort} ${QUORUM}
sentinel down-after-milliseconds ${name} ${DOWN_AFTER_MS}
sentinel failover-timeout ${name} ${FAILOVER_TIMEOUT_MS}
`
    sentinels.push(
      ...(await startAll(sentinelPorts.map((port) => startNode(port, startSentinelProcess(watch, onPort(port)))))),
    )
    for (const sentinel of sentinels) {
      await retryUntilReply(
        sentinel,
        'INFO sentinel',
        new RegExp(`status=ok,address=[^,]+,slaves=1,sentinels=${SENTINELS}`),
      )
    }
  } catch (error) {
    await stop()
    throw error
  }
  return { name, nodes, sentinels, stop, [Symbol.asyncDispose]: stop }
}

async function startNode(port: number, server: ReturnType<typeof startRedis>): Promise<PrivateNode> {
  return { port, server: await server }
}
