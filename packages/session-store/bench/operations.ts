// Duration of each operation, for users with few and with very many sessions.
import { median, quantile, table } from '@rollcall/dev-bench'
import type { Redis } from 'ioredis'
import { createSessionStore, type SessionStore } from '../src/index.js'
import { device } from './validate.js'

const SIZES = [1, 10, 100, 1_000, 10_000]
const TIMES = 30

interface Person {
  readonly store: SessionStore
  /** Its cap is reached. */
  readonly full: SessionStore
  /** The same two, which keep events. */
  readonly keeping: { readonly store: SessionStore; readonly full: SessionStore }
  readonly userId: string
  /** Any one session, and another one. */
  readonly token: string
  readonly otherId: string
}

const operations: Record<string, (person: Person) => Promise<unknown>> = {
  validate: ({ store, token }) => store.validate(token),
  'create, below the cap': ({ store, userId }) => store.create({ userId, ...device }),
  'create, at the cap': ({ full, userId }) => full.create({ userId, ...device }),
  'create, at the cap, events kept': ({ keeping, userId }) => keeping.full.create({ userId, ...device }),
  list: ({ store, userId }) => store.list(userId),
  revoke: ({ store, userId, otherId }) => store.revoke(userId, otherId),
  'revoke others': ({ store, token }) => store.revokeOthers(token),
  'revoke others, events kept': ({ keeping, token }) => keeping.store.revokeOthers(token),
  'revoke all': ({ store, userId }) => store.revokeAll(userId),
  'revoke all, events kept': ({ keeping, userId }) => keeping.store.revokeAll(userId),
  'password change': ({ store, token }) => store.rotate(token, { credentialChange: true }),
}

export async function operationsBySize(redis: Redis): Promise<void> {
  await redis.config('SET', 'slowlog-log-slower-than', '0') // every command says how long it kept Redis busy
  const wall: Record<string, string[]> = {}
  const busy: Record<string, string[]> = {}
  for (const size of SIZES) {
    const store = createSessionStore({ redis, maxSessionsPerUser: size + 1 })
    const full = createSessionStore({ redis, maxSessionsPerUser: size })
    const onEvent = (): void => undefined
    const keeping = {
      store: createSessionStore({ redis, maxSessionsPerUser: size + 1, onEvent }),
      full: createSessionStore({ redis, maxSessionsPerUser: size, onEvent }),
    }
    const userId = `user-with-${size}`
    const sessions: { token: string; id: string }[] = []
    while (sessions.length < size) {
      const created = await Promise.all(
        Array.from({ length: Math.min(100, size - sessions.length) }, () => store.create({ userId, ...device })),
      )
      sessions.push(...created.flatMap((one) => (one === null ? [] : [{ token: one.token, id: one.session.id }])))
    }
    const [key = ''] = await redis.keys('user:*')
    await redis.rename(key, 'template')
    const token = sessions[0]?.token ?? ''
    const person = { store, full, keeping, userId, token, otherId: sessions.at(-1)?.id ?? '' }

    for (const [name, operation] of Object.entries(operations)) {
      const times: number[] = []
      const blocked: number[] = []
      for (let n = 0; n < TIMES; n += 1) {
        await redis.copy('template', key, 'REPLACE')
        await redis.slowlog('RESET')
        const start = performance.now()
        await operation(person)
        times.push((performance.now() - start) * 1_000)
        const log = (await redis.slowlog('GET', 1)) as [id: number, at: number, microseconds: number][]
        blocked.push(log[0]?.[2] ?? 0)
      }
      ;(wall[name] ??= []).push(`${median(times).toFixed(0)} (${quantile(times, 0.99).toFixed(0)})`)
      ;(busy[name] ??= []).push(`${median(blocked)} (${Math.max(...blocked)})`)
    }
    await redis.flushall()
  }
  await redis.config('SET', 'slowlog-log-slower-than', '-1')
  const head = SIZES.map((size) => size.toLocaleString('en'))
  console.log(
    `\n${table(
      ['µs from call to reply: median (p99)', ...head],
      Object.entries(wall).map(([name, cells]) => [name, ...cells]),
    )}`,
  )
  console.log(
    `\n${table(
      ['µs for which Redis is busy: median (most)', ...head],
      Object.entries(busy).map(([name, cells]) => [name, ...cells]),
    )}`,
  )
}
