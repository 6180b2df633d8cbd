import { startRedis } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { createSessionStore, redisOptions, type SessionStoreOptions } from '../src/index.js'

/** A store on a Redis of its own, with a clock that moves only when told to. */
export async function startStore(options: Partial<SessionStoreOptions> = {}) {
  const server = await startRedis()
  const redis = new Redis(server.url, { ...redisOptions, lazyConnect: true })
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
    server,
    redis,
    clock,
    warnings,
    store,
    async signIn(userId = 'ada', session: Partial<Parameters<typeof store.create>[0]> = {}) {
      const created = await store.create({ userId, ...session })
      if (created === null) throw new Error('The sign-in was refused')
      return created
    },
    /** Waits until Redis answers again after an outage. */
    async back(): Promise<void> {
      while ((await redis.ping().catch(() => null)) === null) await happens(redis, 'ready')
    },
    /** The commands that Redis ran for `work`, by name, as Redis counts them. */
    async commandsOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
      await redis.config('RESETSTAT')
      await work()
      const stats = await redis.info('commandstats')
      const counts = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, calls]) => [name, Number(calls)] as const)
      return Object.fromEntries(counts.filter(([name]) => name !== 'config|resetstat' && name !== 'info'))
    },
    /** In how many pieces Redis was given what `work` asked of it. */
    async readsOf<T>(work: () => Promise<T>): Promise<{ result: T; reads: number }> {
      const readsSoFar = async () => Number(/total_reads_processed:(\d+)/.exec(await redis.info('stats'))?.[1])
      const before = await readsSoFar()
      const result = await work()
      return { result, reads: (await readsSoFar()) - before - 1 } // the second question is one itself
    },
    async [Symbol.asyncDispose]() {
      redis.disconnect()
      await server.stop()
    },
  }
}

/** Unlike `once` of node:events, goes on waiting when an error is told in the meantime. */
export const happens = (redis: Redis, event: 'close' | 'ready'): Promise<void> =>
  new Promise((resolve) => redis.once(event, () => resolve()))

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
