import { performance } from 'node:perf_hooks'
import type { Redis } from 'ioredis'
import { runIdOf } from './run-id.js'
import { duplicateOf } from './supervise.js'

export interface TrackingOptions {
  /** The client's connection to a single node, or to one master of a Cluster. */
  readonly node: Redis
  readonly isCluster: boolean
  /** Whatever a key begins with whose changes matter. */
  readonly prefix: string
  /** Milliseconds for which a sign of life is good. */
  readonly lease: number
  readonly changed: (key: string) => void
  /** Changes may have been missed, of any key. */
  readonly doubted: () => void
}

export interface Tracking {
  /** Whether each change has been told whose reply Redis gave at least a lease ago. */
  isTrusted(): boolean
}

/** Where Redis tells of changed keys to who speaks the older protocol; ioredis drops what the newer one pushes. */
const CHANNEL = '__redis__:invalidate'
/** So many signs of life within a lease. */
const BEATS = 4
/** Milliseconds. */
export const RETRY = 250

/**
 * Is told by Redis of every change to the keys with a prefix, over a connection of its own, which asks for them
 * itself: when it dies, so does the tracking, and the other way round.
 *
 * A PING on that connection is answered behind all changes that were acknowledged before it was sent. So its
 * answer is good for a lease, counted from when it was sent, whatever becomes of the connection.
 */
export function track({ node, isCluster, prefix, lease, changed, doubted }: TrackingOptions): Tracking {
  let line: Redis | undefined
  let until = never
  let retry: NodeJS.Timeout | undefined

  async function open(): Promise<void> {
    clearTimeout(retry)
    line?.disconnect() // never two of them
    const own = duplicateOf(node, { protocol: 2, keyPrefix: '', lazyConnect: true, autoResubscribe: false, retryStrategy: () => null })
    line = own
    own.on('error', () => undefined) // the end follows
    own.once('end', () => lose(own))
    own.on('messageBuffer', (_channel: Buffer, keys: unknown) => {
      if (line !== own) return
      if (Array.isArray(keys)) for (const key of keys) changed(String(key))
      else doubted() // the whole database was emptied
    })
    try {
      await own.connect()
      // Behind a name, a balancer or Sentinel, the two connections might lead to different servers.
      if ((await runIdOf(own)) !== (await runIdOf(node))) throw new Error('This is another server')
      await own.client('TRACKING', 'ON', 'REDIRECT', await own.client('ID'), 'BCAST', 'PREFIX', prefix)
      await own.subscribe(CHANNEL)
      let epoch: string | undefined
      for (;;) {
        const sent = now()
        const [seen] = await Promise.all([isCluster ? epochOf(node) : '', own.ping()])
        if (line !== own) return
        if (seen !== epoch) doubted()
        epoch = seen
        until = { monotonic: sent.monotonic + lease, wall: sent.wall + lease }
        await new Promise((resolve) => setTimeout(resolve, lease / BEATS).unref())
      }
    } catch {
      lose(own)
    }
  }

  function lose(lost: Redis | undefined): void {
    if (line !== lost) return
    clearTimeout(retry)
    line = undefined
    until = never
    doubted()
    lost?.disconnect()
    if (node.status === 'ready') retry = setTimeout(() => void open(), RETRY).unref()
  }

  node.on('close', () => lose(line))
  node.on('ready', () => void open())
  if (node.status === 'ready') void open()

  return {
    isTrusted() {
      return performance.now() < until.monotonic && Date.now() < until.wall
    },
  }
}

/** Neither can be set back unnoticed: the one stands still while the machine sleeps, the other can be changed. */
function now() {
  return { monotonic: performance.now(), wall: Date.now() }
}

const never = { monotonic: 0, wall: 0 }

/** Another one when slots or roles have changed. A master that is cut off from the others would refuse to be read. */
async function epochOf(node: Redis): Promise<string> {
  const info = await node.cluster('INFO')
  if (!info.includes('cluster_state:ok')) throw new Error('The cluster is down for this node')
  return (info.match(/^cluster_(?:current|my)_epoch:\d+/gm) ?? []).join()
}
