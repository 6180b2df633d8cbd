import { performance } from 'node:perf_hooks'
import type { Redis } from 'ioredis'
import { runIdOf } from '../redis/run-id.js'
import { duplicateOf } from '../redis/supervise.js'

export interface TrackingOptions {
  /** The client's connection to a single node, or to one master of a Cluster. */
  readonly node: Redis
  readonly isCluster: boolean
  /** Track keys that begin with it. */
  readonly prefix: string
  /** Milliseconds for which the reply to a heartbeat is good. */
  readonly lease: number
  readonly onInvalidate: (key: string) => void
  /** Any key may have changed unnoticed. */
  readonly onReset: () => void
  /** The reports were trusted, and are no longer. */
  readonly onLost: () => void
}

export interface Tracking {
  /** Whether every change has been reported that Redis acknowledged at least a lease ago. */
  isTrusted(): boolean
}

/** Redis publishes changed keys here for clients of the older protocol; ioredis drops the pushes of the newer one. */
const INVALIDATION_CHANNEL = '__redis__:invalidate'
const HEARTBEATS_PER_LEASE = 4
export const RETRY_MS = 250
const connectionOptions = {
  protocol: 2,
  keyPrefix: '',
  lazyConnect: true,
  autoResubscribe: false,
  retryStrategy: () => null,
} as const

/**
 * Reports every change to the keys with a prefix, over a connection of its own. That connection asks Redis for its own
 * changes: when it dies, so does the tracking, and the other way round.
 *
 * Redis answers a PING on that connection after all changes that were acknowledged before it was sent. So its reply is good
 * for a lease, counted from when it was sent, whatever becomes of the connection.
 */
export function track({ node, isCluster, prefix, lease, onInvalidate, onReset, onLost }: TrackingOptions): Tracking {
  let connection: Redis | undefined
  const trust = createLease(lease, onLost)
  let retry: NodeJS.Timeout | undefined

  async function open(): Promise<void> {
    clearTimeout(retry)
    connection?.disconnect() // never two of them
    const own = duplicateOf(node, connectionOptions)
    connection = own
    own.on('error', () => undefined) // the end follows
    own.once('end', () => lose(own))
    own.on('messageBuffer', (_channel: Buffer, keys: unknown) => {
      if (connection !== own) return
      if (Array.isArray(keys)) for (const key of keys) onInvalidate(String(key))
      else onReset() // the whole database was emptied
    })
    try {
      await own.connect()
      await startTracking(own, node, prefix)
      await sendHeartbeats(own)
    } catch {
      lose(own)
    }
  }

  /** Until the connection is lost or replaced. */
  async function sendHeartbeats(own: Redis): Promise<void> {
    let epoch: string | undefined
    for (;;) {
      const sent = now()
      const [currentEpoch] = await Promise.all([isCluster ? epochOf(node) : '', own.ping()])
      if (connection !== own) return
      if (currentEpoch !== epoch) onReset()
      epoch = currentEpoch
      trust.renew(sent)
      await new Promise((resolve) => setTimeout(resolve, lease / HEARTBEATS_PER_LEASE).unref())
    }
  }

  function lose(lost: Redis | undefined): void {
    if (connection !== lost) return
    clearTimeout(retry)
    connection = undefined
    trust.end()
    onReset()
    lost?.disconnect()
    if (node.status === 'ready') retry = setTimeout(() => void open(), RETRY_MS).unref()
  }

  node.on('close', () => lose(connection))
  node.on('ready', () => void open())
  if (node.status === 'ready') void open()

  return { isTrusted: () => trust.isValid() }
}

/** @param onLost is called once for each time that a valid lease ends or is found to be over. */
function createLease(milliseconds: number, onLost: () => void) {
  let until = never
  let wasValid = false

  function end(): void {
    until = never
    if (!wasValid) return
    wasValid = false
    onLost()
  }

  return {
    end,
    renew({ monotonic, wall }: typeof never): void {
      until = { monotonic: monotonic + milliseconds, wall: wall + milliseconds }
      wasValid = true
    },
    isValid(): boolean {
      if (performance.now() < until.monotonic && Date.now() < until.wall) return true
      end()
      return false
    },
  }
}

async function startTracking(connection: Redis, node: Redis, prefix: string): Promise<void> {
  // Behind a name, a balancer or Sentinel, the two connections might lead to different servers.
  if ((await runIdOf(connection)) !== (await runIdOf(node))) throw new Error('This is another server')
  await connection.client('TRACKING', 'ON', 'REDIRECT', await connection.client('ID'), 'BCAST', 'PREFIX', prefix)
  await connection.subscribe(INVALIDATION_CHANNEL)
}

/** Two clocks, because each can be late: the monotonic one stops while the machine sleeps, the wall clock can be set back. */
function now() {
  return { monotonic: performance.now(), wall: Date.now() }
}

const never = { monotonic: 0, wall: 0 }

/** Changes with slots and roles. It rejects for a master that is cut off from the others: that one would refuse a read. */
async function epochOf(node: Redis): Promise<string> {
  const info = await node.cluster('INFO')
  if (!info.includes('cluster_state:ok')) throw new Error('The cluster is down for this node')
  return (info.match(/^cluster_(?:current|my)_epoch:\d+/gm) ?? []).join()
}
