import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { Redis } from 'ioredis'
import { expect } from 'vitest'
import { createSessionStore, redisOptions, type SessionStoreOptions } from '../src/index.js'
import { startStore } from './helpers.js'
import { eventually } from './retry.js'

/** Milliseconds, longer than any test: the push of Redis decides, not the lease. */
export const LONG = 60_000
/** Milliseconds, shorter than a command may take: the lease decides, not a timeout. */
export const SHORT = 150

/** One connection through the proxy. */
interface ProxiedConnection {
  isTracking: boolean
  /** Keeps what Redis sends, until it is called again. */
  hold(): () => void
  /** Half open: nothing arrives any more, in either direction, and neither end learns of it. */
  swallow(): void
}

async function startProxy(redis: string) {
  const open = new Set<ProxiedConnection>()
  let arriving: (() => void)[] | undefined
  const listener = createServer((near) => {
    const far = connect(redis)
    let held: Buffer[] | undefined
    let swallowed = false
    const connection: ProxiedConnection = {
      isTracking: false,
      hold() {
        held = []
        return () => {
          for (const chunk of held ?? []) near.write(chunk)
          held = undefined
        }
      },
      swallow: () => (swallowed = true),
    }
    open.add(connection)
    arriving?.push(connection.hold())
    near.on('data', (chunk) => {
      connection.isTracking ||= chunk.includes('TRACKING')
      if (!swallowed) far.write(chunk)
    })
    far.on('data', (chunk) => {
      if (swallowed) return
      if (held) held.push(chunk)
      else near.write(chunk)
    })
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => undefined)
      one.on('close', () => {
        other.destroy()
        open.delete(connection)
      })
    }
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo // it listens on a port
  return {
    port,
    open,
    /** Holds what Redis sends to each connection that is made during `work`: what lets it go, in their order. */
    async holdNew(work: () => Promise<void>): Promise<(() => void)[]> {
      const held = (arriving = [])
      await work()
      arriving = undefined
      return held
    },
    close: () => void listener.close(),
  }
}

/** Another server's store, `t.store`; and one with a near-cache, whose two connections a test can hold. */
export async function startNear(lease: number, options: Partial<SessionStoreOptions> = {}, clientPrefix = '') {
  const t = await startStore(options)
  const proxy = await startProxy(t.server.url)
  const redis = new Redis(proxy.port, {
    ...redisOptions,
    commandTimeout: 10_000,
    socketTimeout: 10_000,
    keyPrefix: clientPrefix,
    lazyConnect: true,
  })
  redis.on('error', () => undefined)
  const trackingConnections: Redis[] = []
  const duplicate = redis.duplicate.bind(redis)
  redis.duplicate = (...args) => {
    const connection = duplicate(...args)
    trackingConnections.push(connection)
    return connection
  }
  await redis.connect()
  const store = createSessionStore({ redis, clock: () => t.clock.now, ...options, nearCache: { lease } })
  const connection = (isTracking: boolean): ProxiedConnection => {
    const [found] = [...proxy.open].filter((one) => one.isTracking === isTracking)
    if (found === undefined) throw new Error('There is no such connection')
    return found
  }
  const countLookups = async (work: () => Promise<unknown>) => (await t.commandsOf(work))['hget'] ?? 0
  return {
    ...t,
    near: store,
    nearRedis: redis,
    /** The proxied connection that tracks changes, or the other one. */
    connection,
    holdNew: proxy.holdNew,
    /** All so far. */
    trackingConnections,
    /** The latest of them. */
    trackingConnection(): Redis {
      const latest = trackingConnections.at(-1)
      if (latest === undefined) throw new Error('Nothing is tracked')
      return latest
    },
    /** How often Redis was asked for a session. */
    countLookups,
    /** Resolves once a session is remembered. */
    async remembers(token: string): Promise<void> {
      await eventually(
        'the session is remembered',
        async () => (await countLookups(async () => expect(await store.validate(token)).not.toBeNull())) === 0,
      )
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect()
      proxy.close()
      await t[Symbol.asyncDispose]()
    },
  }
}

export type Near = Awaited<ReturnType<typeof startNear>>

/** Asks until the token is refused, and answers when the last call began that passed. */
export async function lastPass({ near }: Near, token: string): Promise<number> {
  let last = Number.NEGATIVE_INFINITY
  await eventually('the token is refused', async () => {
    const began = performance.now()
    if ((await near.validate(token)) === null) return true
    last = began
    return false
  })
  return last
}
