import type { Cluster, Redis } from 'ioredis'
import { isCluster } from './cluster.js'
import { runIdOf } from './run-id.js'
import { duplicateOf } from './supervise.js'

export interface SubscriberOptions {
  /** The connection that subscribes is a duplicate of it. */
  readonly redis: Redis | Cluster
  /** To subscribe to on each new connection. */
  readonly channels: () => string[]
  readonly onMessage: (channel: string, text: string) => void
  /** Redis has confirmed the subscriptions. */
  readonly onSubscribed: (channels: readonly string[]) => void
  /** The connection is lost, and all its subscriptions with it. */
  readonly onLost: () => void
}

/** How often to probe the connection, which may be idle for hours. */
const PROBE_INTERVAL_MS = 5_000
const FIRST_RETRY_MS = 50
const MAX_RETRY_MS = 500

/** One connection for all subscriptions of a process. It is opened for the first, and anew whenever it breaks. */
export class Subscriber {
  readonly #options: SubscriberOptions
  #connection: Redis | undefined
  /** The run id of its server, asked before it subscribes: in RESP2, a subscriber may not ask. */
  #serverId: Promise<string | null> = Promise.resolve(null)
  #isReady = false
  #isStarted = false
  #isClosed = false
  #retryDelay = FIRST_RETRY_MS
  #retryTimer: NodeJS.Timeout | undefined
  readonly #onClientReady = (): void => void this.#leaveOtherServer()

  constructor(options: SubscriberOptions) {
    this.#options = options
    options.redis.on('ready', this.#onClientReady)
  }

  subscribe(channel: string): void {
    if (this.#isReady) this.#send([channel])
    else if (!this.#isStarted && !this.#isClosed) this.#connect()
  }

  unsubscribe(channel: string): void {
    if (this.#isReady) this.#connection?.unsubscribe(channel).catch(() => undefined)
  }

  close(): void {
    this.#isClosed = true
    this.#options.redis.off('ready', this.#onClientReady)
    clearTimeout(this.#retryTimer)
    this.#connection?.disconnect()
  }

  #connect(): void {
    this.#isStarted = true
    const { redis, channels, onMessage, onLost } = this.#options
    // Any node of a Cluster receives what is published on any other.
    const nodes = isCluster(redis) ? redis.nodes() : [redis]
    const node = nodes[Math.floor(Math.random() * nodes.length)]
    if (node === undefined) return this.#retry()
    // It does not reconnect or resubscribe by itself: the watchers must first be notified of the gap.
    const connection = duplicateOf(node, {
      keyPrefix: '',
      lazyConnect: true,
      autoResubscribe: false,
      retryStrategy: () => null,
    })
    this.#connection = connection
    connection.on('error', () => undefined) // the end follows
    connection.on('message', onMessage)
    connection.once('ready', () => {
      this.#isReady = true
      this.#retryDelay = FIRST_RETRY_MS
      if (!isCluster(redis)) this.#serverId = runIdOf(connection).catch(() => null)
      this.#send(channels())
    })
    const probe = setInterval(
      () => void connection.ping().catch(() => connection.disconnect()),
      PROBE_INTERVAL_MS,
    ).unref()
    connection.once('end', () => {
      this.#isReady = false
      clearInterval(probe)
      if (this.#isClosed) return
      onLost()
      this.#retry()
    })
    connection.connect().catch(() => undefined)
  }

  #retry(): void {
    this.#retryTimer = setTimeout(() => this.#connect(), this.#retryDelay).unref()
    this.#retryDelay = Math.min(2 * this.#retryDelay, MAX_RETRY_MS)
  }

  #send(channels: string[]): void {
    const connection = this.#connection
    if (connection === undefined || channels.length === 0) return
    connection.subscribe(...channels).then(
      () => this.#connection === connection && this.#options.onSubscribed(channels),
      () => connection.disconnect(),
    )
  }

  /** The client has connected anew. If it is on another server, as after a failover, messages might no longer arrive here. */
  async #leaveOtherServer(): Promise<void> {
    const connection = this.#connection
    const { redis } = this.#options
    if (isCluster(redis) || connection === undefined || !this.#isReady) return
    const [ownId, id] = await Promise.all([this.#serverId, runIdOf(redis).catch(() => null)])
    if (ownId === null || ownId !== id) connection.disconnect()
  }
}
