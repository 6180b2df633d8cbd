import { type PrivateCluster, type PrivateRedis, startCluster, startRedis } from '@rollcall/dev-redis'
import {
  createSessionEvents,
  createSessionStore,
  isCluster,
  redisOptions,
  type SessionStore,
} from '@rollcall/session-store'
import { Cluster, Redis } from 'ioredis'
import { createSessionAdmin } from '../src/index.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Each project in vitest.config.ts sets it. */
    readonly backend: 'single node' | 'Cluster'
  }
}

const clientOptions = { ...redisOptions, commandTimeout: 10_000, socketTimeout: 10_000 }

export const keyPrefix = 'shop:'

function clientOf(servers: PrivateRedis | PrivateCluster): Redis | Cluster {
  const redis =
    'nodes' in servers
      ? new Cluster(
          servers.nodes.map(({ port }) => ({ host: '127.0.0.1', port })),
          {
            redisOptions: clientOptions,
            enableOfflineQueue: false,
            lazyConnect: true,
            clusterRetryStrategy: redisOptions.retryStrategy,
          },
        )
      : new Redis(servers.url, { ...clientOptions, lazyConnect: true })
  redis.on('error', () => undefined) // every failed command rejects by itself
  return redis
}

/** A store and its administration, on servers of its own. */
async function startAdmin(servers: PrivateRedis | PrivateCluster) {
  const redis = clientOf(servers)
  await redis.connect()
  /** Milliseconds by which the clock of the store is ahead. */
  const clock = { ahead: 0 }
  const store = createSessionStore({
    redis,
    keyPrefix,
    clock: () => Date.now() + clock.ahead,
    onEvent: () => undefined,
    maxSessionsPerUser: 10_000,
  })
  const events = createSessionEvents({ redis, keyPrefix })
  const admin = createSessionAdmin({
    redis,
    keyPrefix,
    batch: 10,
    placeOf: (address) => (address?.startsWith('203.0.113.') ? { kind: 'country', code: 'DE' } : null),
  })
  const masters = () => (isCluster(redis) ? redis.nodes('master') : [redis])
  return {
    servers,
    redis,
    masters,
    clock,
    store,
    events,
    admin,
    signIn: (userId: string, session: Partial<NewSession> = {}) => signIn(store, userId, session),
    async signInMany(count: number, session: Partial<NewSession> = {}) {
      return Promise.all(Array.from({ length: count }, async (_, n) => signIn(store, `user-${n}`, session)))
    },
    async livesOn(token: string): Promise<boolean> {
      return (await store.validate(token)) !== null
    },
    async flush(): Promise<void> {
      await Promise.all(masters().map(async (master) => master.flushall()))
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect()
      await servers.stop()
    },
  }
}

type NewSession = Parameters<SessionStore['create']>[0]

async function signIn(store: SessionStore, userId: string, session: Partial<NewSession>) {
  const created = await store.create({ userId, ...session })
  if (created === null) throw new Error('The sign-in was refused')
  return created
}

export const startBackend = {
  'single node': async () => startAdmin(await startRedis({ persist: true })),
  Cluster: async () => startAdmin(await startCluster()),
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

/** Replaces the next call of a command. The store's own commands are not part of the client's type. */
function intercept(
  redis: Redis | Cluster,
  command: string,
  next: (original: () => unknown, args: readonly unknown[]) => Promise<unknown>,
): void {
  const original: unknown = Reflect.get(redis, command)
  if (typeof original !== 'function') throw new TypeError(`${command} is no command`)
  Reflect.set(redis, command, async (...args: unknown[]): Promise<unknown> => {
    Reflect.set(redis, command, original)
    return next(() => Reflect.apply(original, redis, args), args)
  })
}

/** Holds the next call of a command back at the moment it is made, to force an interleaving. */
export function gate(redis: Redis | Cluster, command: string) {
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  let reached = (): void => undefined
  const waiting = new Promise<void>((resolve) => (reached = resolve))
  intercept(redis, command, async (original) => {
    reached()
    await opened
    return original()
  })
  return { waiting, open }
}

/** Makes the next call of a command fail as without a connection. */
export function failNext(redis: Redis | Cluster, command: string): void {
  intercept(redis, command, async () => {
    throw new Error('Connection is closed.')
  })
}

/** The next list of users loses Redis at its second batch. Nobody writes the same users again: one is not among them. */
export function interruptList(redis: Redis | Cluster): { key: string } {
  const list = { key: '' }
  const interceptNext = (): void =>
    intercept(redis, 'eval', async (original, [, , key]) => {
      const isList = String(key).endsWith(':users')
      if (!isList || list.key === '') {
        if (isList) list.key = String(key)
        interceptNext()
        return original()
      }
      void redis.zadd(list.key, 0, 'signed out since')
      throw new Error('Connection is closed.')
    })
  interceptNext()
  return list
}

/** From here on, makes the calls of a command fail as without a connection, if their first argument has this text in it. */
export function failFor(redis: Redis | Cluster, command: string, text: string): void {
  intercept(redis, command, async (original, [key]) => {
    failFor(redis, command, text)
    if (String(key).includes(text)) throw new Error('Connection is closed.')
    return original()
  })
}

/** Counts how many calls of these commands are under way at once, and keeps their arguments and replies. */
export function watchCalls(redis: Redis | Cluster, commands: readonly string[]) {
  const originals = commands.map((command) => [command, Reflect.get(redis, command) as unknown] as const)
  const calls: unknown[][] = []
  const replies: unknown[][] = []
  let [underWay, most] = [0, 0]
  for (const [command, original] of originals) {
    if (typeof original !== 'function') throw new TypeError(`${command} is no command`)
    Reflect.set(redis, command, async (...args: unknown[]): Promise<unknown> => {
      calls.push(args)
      underWay += 1
      most = Math.max(most, underWay)
      try {
        const reply: unknown = await Reflect.apply(original, redis, args)
        if (Array.isArray(reply)) replies.push(reply)
        return reply
      } finally {
        underWay -= 1
      }
    })
  }
  return {
    calls,
    replies,
    most: () => most,
    stop: () => originals.forEach(([command, original]) => Reflect.set(redis, command, original)),
  }
}
