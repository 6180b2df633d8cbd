import { createSessionEvents, userTagOf } from '@rollcall/session-store'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Activity, openActivity } from '../src/index.js'
import { startServer } from './helpers.js'

const FIVE_MINUTES = 5 * 60 * 1_000

let t: Awaited<ReturnType<typeof startServer>>
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  t = await startServer()
})
afterEach(async () => {
  await t[Symbol.asyncDispose]()
  vi.useRealTimers()
})

/** So many servers, which share a Redis, each after its first look. */
async function startServers(count: number) {
  const events = createSessionEvents({ redis: t.redis })
  const warnings: unknown[] = []
  const warn = (message: string, reason: unknown) => void warnings.push({ message, reason })
  const servers: Activity[] = []
  while (servers.length < count) servers.push(await openActivity({ database: t.database, events, days: 30, warn }))
  await vi.waitUntil(async () => (await looks()) === count)
  return { events, warnings, close: () => Promise.all(servers.map((server) => server.close())) }
}

/** How often the keys of Redis were looked through: so few fit into one SCAN. */
async function looks(): Promise<number> {
  return Number(/cmdstat_scan:calls=(\d+)/.exec(await t.redis.info('commandstats'))?.[1] ?? 0)
}

test('of all servers, one looks through the keys in five minutes, and finds what was left behind', async () => {
  const { events, warnings, close } = await startServers(3)
  await events.note('ada', { name: 'left behind' })
  await vi.advanceTimersByTimeAsync(FIVE_MINUTES)
  await vi.waitUntil(async () => (await events.read(userTagOf('ada'))).events.length === 0)
  await close()
  expect(await looks()).toBe(3 + 1)
  expect(warnings).toEqual([])
})

test('when that time is over, it is the turn of whoever comes first', async () => {
  const { close } = await startServers(2)
  await vi.advanceTimersByTimeAsync(FIVE_MINUTES)
  await vi.waitUntil(async () => (await looks()) === 2 + 1)
  expect(await t.redis.pttl('user:sweep')).toBeGreaterThan(FIVE_MINUTES / 2)
  expect(await t.redis.pttl('user:sweep')).toBeLessThanOrEqual(FIVE_MINUTES)
  await t.redis.del('user:sweep')
  await vi.advanceTimersByTimeAsync(FIVE_MINUTES)
  await vi.waitUntil(async () => (await looks()) === 2 + 2)
  await close()
})

test('a full Redis, which takes no turns, is looked through by each: that makes room', async () => {
  const { close } = await startServers(2)
  await t.redis.config('SET', 'maxmemory', '1')
  await vi.advanceTimersByTimeAsync(FIVE_MINUTES)
  await vi.waitUntil(async () => (await looks()) === 2 + 2)
  await close()
})
