import { createRequire } from 'node:module'
import { startCluster, startRedis, startSentinel } from '@rollcall/dev-redis'
import { Cluster, Redis } from 'ioredis'
import { inject } from 'vitest'
import { mastersOf } from '../src/redis/cluster.js'
import { createSessionStore, redisOptions, type SessionStore, type SessionStoreOptions } from '../src/index.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** The backend of the contract, and the durability of its revocations. Each project in vitest.config.ts sets them. */
    readonly backend: keyof typeof backends
    readonly durability: 'master' | 'replicated'
    /** The `keyPrefix` of the client itself. */
    readonly clientPrefix: string
  }
}

/** For tests that are not about time: a busy machine is no outage. */
export const longTimeouts = { ...redisOptions, commandTimeout: 10_000, socketTimeout: 10_000 }

export type ClientOptions = Omit<typeof redisOptions, 'commandTimeout' | 'socketTimeout'> & {
  commandTimeout: number
  socketTimeout: number
  keyPrefix?: string
}

/** Each starts servers of its own and gives a client that is not connected yet. */
export const backends = {
  'single node': async (options: ClientOptions = longTimeouts) => onSingle(await startRedis(), options),
  Valkey: async (options: ClientOptions = longTimeouts) =>
    onSingle(await startRedis({ program: 'valkey-server' }), options),
  Sentinel: async (options: ClientOptions = longTimeouts) => {
    const servers = await startSentinel()
    const sentinels = servers.sentinels.map(({ port }) => ({ host: '127.0.0.1', port }))
    return { servers, redis: new Redis({ ...options, sentinels, name: servers.name, lazyConnect: true }) }
  },
  Cluster: async (options: ClientOptions = longTimeouts) => {
    const servers = await startCluster()
    return {
      servers,
      redis: clusterClient(
        servers.nodes.map(({ port }) => port),
        options,
      ),
    }
  },
}

function onSingle(servers: Awaited<ReturnType<typeof startRedis>>, options: ClientOptions) {
  return { servers, redis: new Redis(servers.url, { ...options, lazyConnect: true }) }
}

export function clusterClient(
  ports: readonly number[],
  options: ClientOptions = longTimeouts,
  Client = Cluster,
): Cluster {
  return new Client(
    ports.map((port) => ({ host: '127.0.0.1', port })),
    {
      redisOptions: options,
      enableOfflineQueue: false,
      lazyConnect: true,
      clusterRetryStrategy: redisOptions.retryStrategy,
    },
  )
}

/** Loads ioredis again, as for an application that has another copy of it: none of its classes is one of ours. */
export function secondCopyOfIoredis(): { readonly Cluster: typeof Cluster; readonly Redis: typeof Redis } {
  const require = createRequire(import.meta.url)
  const { cache } = require
  const entry = require.resolve('ioredis')
  const folder = entry.slice(0, entry.lastIndexOf('built'))
  const first = Object.entries(cache).filter(([file]) => file.startsWith(folder))
  for (const [file] of first) delete cache[file]
  try {
    return require('ioredis') as { Cluster: typeof Cluster; Redis: typeof Redis } // what ioredis exports
  } finally {
    Object.assign(cache, Object.fromEntries(first))
  }
}

/** A store on what the project of this test names. */
export async function startContractStore(options: Partial<SessionStoreOptions> = {}) {
  const start: (options: ClientOptions) => Promise<{ servers: { stop(): Promise<void> }; redis: Redis | Cluster }> =
    backends[inject('backend')]
  const clientOptions = { ...longTimeouts, keyPrefix: inject('clientPrefix') }
  return await storeOn(() => start(clientOptions), { durability: inject('durability'), ...options })
}

/** A store on a Redis of its own. */
export async function startStore(options: Partial<SessionStoreOptions> = {}, clientOptions?: ClientOptions) {
  const t = await storeOn(() => backends['single node'](clientOptions), options)
  const { redis } = t
  return {
    ...t,
    server: t.servers,
    /** Waits until Redis answers again after an outage. */
    async back(): Promise<void> {
      while ((await redis.ping().catch(() => null)) === null) await happens(redis, 'ready')
    },
    /** The commands that Redis ran for `work`, by name, as Redis counts them. */
    async commandsOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
      await redis.config('RESETSTAT')
      await work()
      const stats = await redis.info('commandstats')
      const counts = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(
        ([, name, calls]) => [name, Number(calls)] as const,
      )
      return Object.fromEntries(counts.filter(([name]) => name !== 'config|resetstat' && name !== 'info'))
    },
    /** In how many reads of its sockets Redis received the commands of `work`. */
    async readsOf<T>(work: () => Promise<T>): Promise<{ result: T; reads: number }> {
      const readsSoFar = async () => Number(/total_reads_processed:(\d+)/.exec(await redis.info('stats'))?.[1])
      const before = await readsSoFar()
      const result = await work()
      return { result, reads: (await readsSoFar()) - before - 1 } // the second question is one itself
    },
  }
}

/** A store with a clock that only the test moves. */
export async function storeOn<Servers extends { stop(): Promise<void> }, Client extends Redis | Cluster>(
  start: () => Promise<{ servers: Servers; redis: Client }>,
  options: Partial<SessionStoreOptions> = {},
) {
  const { servers, redis } = await start()
  redis.on('error', () => undefined) // every failed command rejects by itself
  await redis.connect()
  const clock = { now: Date.UTC(2030, 0, 1) }
  const warnings: { message: string; details: object }[] = []
  const store = createSessionStore({
    redis,
    clock: () => clock.now,
    warn: (message, details) => warnings.push({ message, details }),
    ...options,
  })
  return {
    servers,
    redis,
    clock,
    warnings,
    store,
    async signIn(userId = 'ada', session: Partial<Parameters<typeof store.create>[0]> = {}) {
      const created = await store.create({ userId, ...session })
      if (created === null) throw new Error('The sign-in was refused')
      return created
    },
    /** Every key on any node, by the name that a command of the client has to give it. */
    async keys(): Promise<string[]> {
      const { keyPrefix = '' } = redis.options
      const keys = (await Promise.all(mastersOf(redis).map(async (node) => node.keys('*')))).flat()
      if (!keys.every((key) => key.startsWith(keyPrefix))) throw new Error('A key lacks the prefix of the client')
      return keys.map((key) => key.slice(keyPrefix.length))
    },
    async flush(): Promise<void> {
      await Promise.all(mastersOf(redis).map(async (node) => node.flushall()))
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect()
      await servers.stop()
    },
  }
}

/** Unlike `once` of node:events, keeps waiting if an error is emitted in the meantime. */
export const happens = (redis: Redis | Cluster, event: 'close' | 'ready' | 'end'): Promise<void> =>
  new Promise((resolve) => redis.once(event, () => resolve()))

/** The time by Redis' clock, once it is surely after all that has been done. */
export async function timeAfter(store: Pick<SessionStore, 'time'>): Promise<Date> {
  const done = (await store.time()).getTime() + 1 // a watermark is at most a millisecond later
  for (;;) {
    const now = await store.time()
    if (now.getTime() > done) return now
  }
}

/** Lets a test hold a call to Redis back at the moment it is made, to force an interleaving. */
export function gate<T extends object>(target: T, method: keyof T) {
  const original = target[method]
  if (typeof original !== 'function') throw new TypeError(`${String(method)} is not a method`)
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  let reached = (): void => undefined
  const waiting = new Promise<void>((resolve) => (reached = resolve))
  const held = async (...args: unknown[]): Promise<unknown> => {
    Object.assign(target, { [method]: original }) // only the first call is held
    reached()
    await opened
    return Reflect.apply(original, target, args)
  }
  Object.assign(target, { [method]: held })
  return { waiting, open }
}
