import { retryUntilReply, freePorts, type PrivateNode, startAll, stopAll } from './network.js'
import { startRedis } from './redis.js'

const MASTERS = 3
const SLOTS = 16_384
/** Milliseconds until a silent node counts as failing. */
const NODE_TIMEOUT_MS = 1_000

export interface StartClusterOptions {
  /** Further redis.conf directives for the node at this port, to which the others talk at its bus port. */
  readonly args?: (port: number, busPort: number) => readonly string[]
}

export interface PrivateCluster extends AsyncDisposable {
  /** Three masters, then a replica of each in the same order; a failover exchanges their roles. */
  readonly nodes: readonly PrivateNode[]
  /** The format of REDIS_CLUSTER_NODES. */
  readonly addresses: string
  /** Ends every server. May be called twice. */
  stop(): Promise<void>
}

/**
 * Starts a Redis Cluster of three masters and three replicas on 127.0.0.1, each as private as `startRedis` makes it.
 * Resolves when it takes writes and its replicas follow.
 *
 * @throws {RedisUnavailableError} when there is no server to run.
 */
export async function startCluster({ args = () => [] }: StartClusterOptions = {}): Promise<PrivateCluster> {
  const ports = await freePorts(4 * MASTERS)
  const nodes = await startAll(
    Array.from({ length: 2 * MASTERS }, async (_, at) => {
      const [port = 0, busPort = 0] = ports.slice(2 * at)
      const settings = {
        bind: '127.0.0.1',
        port,
        'cluster-port': busPort,
        'cluster-enabled': 'yes',
        'cluster-node-timeout': NODE_TIMEOUT_MS,
        // With so few keys and nodes, waiting for others to join a synchronisation, or to leave, is only waiting.
        'repl-diskless-sync-delay': 0,
        'cluster-replica-validity-factor': 0,
      }
      const directives = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
      return { port, busPort, server: await startRedis({ args: [...directives, ...args(port, busPort)] }) }
    }),
  )
  try {
    await join(nodes)
  } catch (error) {
    await stopAll(nodes)
    throw error
  }
  const stop = async (): Promise<void> => stopAll(nodes)
  return {
    nodes,
    addresses: nodes.map(({ port }) => `127.0.0.1:${port}`).join(','),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function join(nodes: readonly (PrivateNode & { readonly busPort: number })[]): Promise<void> {
  const masters = nodes.slice(0, MASTERS)
  const ok = /^\+OK/
  const slot = (at: number): number => Math.floor((at * SLOTS) / MASTERS)
  for (const [at, master] of masters.entries()) {
    await retryUntilReply(master, `CLUSTER SET-CONFIG-EPOCH ${at + 1}`, ok)
    await retryUntilReply(master, `CLUSTER ADDSLOTSRANGE ${slot(at)} ${slot(at + 1) - 1}`, ok)
  }
  for (const [at, node] of nodes.entries()) {
    for (const { port, busPort } of nodes.slice(at + 1))
      await retryUntilReply(node, `CLUSTER MEET 127.0.0.1 ${port} ${busPort}`, ok)
  }
  for (const [at, replica] of nodes.slice(MASTERS).entries()) {
    const master = masters[at]
    if (master === undefined) throw new Error('Every replica has its master')
    const [id] = await retryUntilReply(master, 'CLUSTER MYID', /[0-9a-f]{40}/)
    // Refused until the replica knows that master.
    await retryUntilReply(replica, `CLUSTER REPLICATE ${id}`, ok)
  }
  for (const node of nodes) {
    await retryUntilReply(node, 'CLUSTER INFO', /cluster_state:ok/)
    await retryUntilReply(node, 'CLUSTER INFO', new RegExp(`cluster_known_nodes:${nodes.length}\\b`))
    await retryUntilReply(node, 'INFO replication', /connected_slaves:1|master_link_status:up/)
  }
}
