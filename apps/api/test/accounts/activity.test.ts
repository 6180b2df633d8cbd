import { createSessionEvents, type SessionEvents, userTagOf } from '@rollcall/session-store'
import { type KyselyPlugin, sql } from 'kysely'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Activity, openActivity } from '../../src/accounts/activity.js'
import type { Database } from '../../src/accounts/database.js'
import { migrate } from '../../src/accounts/migrations.js'
import { startSweep, type Sweep } from '../../src/accounts/sweep.js'
import { createLog } from '../../src/log.js'
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
  const log = createLog({ write: (line) => warnings.push(line) })
  const servers: (Activity | Sweep)[] = []
  for (let n = 0; n < count; n += 1) {
    const activity = await openActivity({ database: t.database, events, days: 30, warn })
    servers.push(activity, startSweep(activity.tidyUp, log))
  }
  await vi.waitUntil(async () => (await looks()) === count, { timeout: 30_000 })
  return { events, warnings, close: () => Promise.all(servers.map((server) => server.close())) }
}

/** How often the keys of Redis were looked through: so few fit into one SCAN. */
async function looks(): Promise<number> {
  return Number(/cmdstat_scan:calls=(\d+)/.exec(await t.redis.info('commandstats'))?.[1] ?? 0)
}

test('of all servers, one looks through the keys in five minutes, and finds what was left behind', async () => {
  const { events, warnings, close } = await startServers(3)
  await events.append('ada', { name: 'left behind' })
  await vi.advanceTimersByTimeAsync(FIVE_MINUTES)
  await vi.waitUntil(async () => (await events.read(userTagOf('ada'))).events.length === 0, { timeout: 30_000 })
  await close()
  expect(await looks()).toBe(3 + 1)
  expect(warnings).toEqual([])
})

test('when that time is over, it is the turn of whoever comes first', async () => {
  const { close } = await startServers(2)
  await vi.advanceTimersByTimeAsync(FIVE_MINUTES)
  await vi.waitUntil(async () => (await looks()) === 2 + 1, { timeout: 30_000 })
  expect(await t.redis.pttl('user:sweep')).toBeGreaterThan(FIVE_MINUTES / 2)
  expect(await t.redis.pttl('user:sweep')).toBeLessThanOrEqual(FIVE_MINUTES)
  await t.redis.del('user:sweep')
  await vi.advanceTimersByTimeAsync(FIVE_MINUTES)
  await vi.waitUntil(async () => (await looks()) === 2 + 2, { timeout: 30_000 })
  await close()
})

test('a full Redis, which takes no turns, is looked through by each: that makes room', async () => {
  const { close } = await startServers(2)
  await t.redis.config('SET', 'maxmemory', '1')
  await vi.advanceTimersByTimeAsync(FIVE_MINUTES)
  await vi.waitUntil(async () => (await looks()) === 2 + 2, { timeout: 30_000 })
  await close()
})

/** Somebody has left an event of each of these users behind. */
async function leaveBehind(users: readonly string[]) {
  const events = createSessionEvents({ redis: t.redis })
  await Promise.all(users.map((user) => events.append(user, { name: 'left behind' })))
  return events
}

const waitingUsers = async (events: SessionEvents): Promise<number> => {
  let count = 0
  for await (const userTag of events.pendingUsers()) count += (await events.read(userTag)).events.length
  return count
}

test('the events of many users are moved together, in few statements', async () => {
  const users = Array.from({ length: 300 }, (_, n) => `user ${n}`)
  const events = await leaveBehind(users)
  let inserts = 0
  const counter: KyselyPlugin = {
    transformQuery: ({ node }) => {
      if (node.kind === 'InsertQueryNode' && node.into?.table.identifier.name === 'activity') inserts += 1
      return node
    },
    transformResult: async ({ result }) => result,
  }
  const database = { ...t.database, kysely: t.database.kysely.withPlugin(counter) }
  const activity = await openActivity({ database, events, days: 30, warn: console.warn })
  await activity.tidyUp()
  await vi.waitUntil(async () => (await waitingUsers(events)) === 0, { timeout: 10_000 })
  await activity.settled()
  await activity.close()
  expect(inserts).toBeLessThanOrEqual(10)
  expect(await rowsOf(t.database)).toHaveLength(300)
})

test('a user whose events SQL refuses keeps nobody else waiting', async () => {
  const users = Array.from({ length: 100 }, (_, n) => `user ${n}`)
  const events = await leaveBehind(users)
  await migrate(t.database)
  const refused = sql.lit(userTagOf('user 50'))
  await sql`create trigger refuse before insert on activity when new.user_tag = ${refused} begin select raise(abort, 'refused'); end`.execute(
    t.database.kysely,
  )
  const warnings: string[] = []
  const activity = await openActivity({
    database: t.database,
    events,
    days: 30,
    warn: (message) => void warnings.push(message),
  })
  await activity.tidyUp()
  await vi.waitUntil(async () => (await waitingUsers(events)) === 1, { timeout: 10_000 })
  expect(new Set(warnings)).toEqual(new Set(['Activity cannot be written down; its events wait in Redis']))
  await sql`drop trigger refuse`.execute(t.database.kysely)
  await activity.settled()
  await activity.close()
  expect(await rowsOf(t.database)).toHaveLength(100)
})

async function rowsOf({ kysely }: Database): Promise<unknown[]> {
  return (await sql`select id from activity`.execute(kysely)).rows
}
