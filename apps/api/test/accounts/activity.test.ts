import { createSessionAdmin } from '@rollcall/admin'
import { createSessionEvents, createSessionStore, type SessionEvents, userTagOf } from '@rollcall/session-store'
import { type KyselyPlugin, sql, ValuesNode } from 'kysely'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { type Activity, openActivity } from '../../src/accounts/activity/activity.js'
import { REQUESTED_SWEEP_MS } from '../../src/accounts/activity/event-sweep.js'
import type { Database } from '../../src/accounts/database/database.js'
import { migrate } from '../../src/accounts/database/migrations.js'
import { startSweep, type Sweep } from '../../src/accounts/activity/sweep.js'
import { createLog } from '../../src/log.js'
import { startServer } from './helpers.js'

const FIVE_MINUTES = 5 * 60 * 1_000
const { signal } = new AbortController()

let t: Awaited<ReturnType<typeof startServer>>
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
  t = await startServer()
})
afterEach(async () => {
  await t[Symbol.asyncDispose]()
  vi.useRealTimers()
})

/** The clock of the servers. */
const time = { now: Date.now() }
const passFiveMinutes = async (): Promise<void> => {
  time.now += FIVE_MINUTES
  await t.redis.del('user:sweep') // as Redis does when they are over
  await vi.advanceTimersByTimeAsync(FIVE_MINUTES)
}

/** So many servers, which share a Redis, each after its first look. */
async function startServers(count: number, events = createSessionEvents({ redis: t.redis })) {
  const warnings: unknown[] = []
  const warn = (message: string, reason: unknown) => void warnings.push({ message, reason })
  const log = createLog({ write: (line) => warnings.push(line) })
  const servers: (Activity | Sweep)[] = []
  for (let n = 0; n < count; n += 1) {
    const activity = await openActivity({ database: t.database, events, days: 30, clock: () => time.now, warn })
    servers.push(activity, startSweep(activity.tidyUp, log, REQUESTED_SWEEP_MS))
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
  await passFiveMinutes()
  await vi.waitUntil(async () => (await events.read(userTagOf('ada'))).events.length === 0, { timeout: 30_000 })
  await close()
  expect(await looks()).toBe(3 + 1)
  expect(warnings).toEqual([])
})

test('when that time is over, it is the turn of whoever comes first', async () => {
  const { close } = await startServers(2)
  await passFiveMinutes()
  await vi.waitUntil(async () => (await looks()) === 2 + 1, { timeout: 30_000 })
  expect(await t.redis.pttl('user:sweep')).toBeGreaterThan(FIVE_MINUTES / 2)
  expect(await t.redis.pttl('user:sweep')).toBeLessThanOrEqual(FIVE_MINUTES)
  await t.redis.del('user:sweep')
  await passFiveMinutes()
  await vi.waitUntil(async () => (await looks()) === 2 + 2, { timeout: 30_000 })
  await close()
})

test('a full Redis, which takes no turns, is looked through by each: that makes room', async () => {
  const { close } = await startServers(2)
  await t.redis.config('SET', 'maxmemory', '1')
  await passFiveMinutes()
  await vi.waitUntil(async () => (await looks()) === 2 + 2, { timeout: 30_000 })
  await close()
})

test('the events of an operation are moved at once: one server looks through the keys, although all have just done so', async () => {
  const { warnings, close } = await startServers(3)
  await passFiveMinutes()
  await vi.waitUntil(async () => (await looks()) === 3 + 1, { timeout: 30_000 })
  await revokeAll(100)
  const before = await looks() // the operation looks too
  await vi.advanceTimersByTimeAsync(REQUESTED_SWEEP_MS)
  await vi.waitUntil(async () => (await rowsOf(t.database)).length === 200, { timeout: 30_000 })
  await vi.advanceTimersByTimeAsync(FIVE_MINUTES / 2)
  await close()
  expect(await looks()).toBe(before + 1)
  expect(warnings).toEqual([])
})

test('an operation that ends during a sweep has another one follow, without a pause and by the same server', async () => {
  const events = createSessionEvents({ redis: t.redis })
  let isDone = false
  const watched: SessionEvents = {
    ...events,
    async *pendingUsers() {
      yield* events.pendingUsers()
      if (!isDone) await revokeAll(10)
      isDone = true
    },
  }
  const activity = await openActivity({ database: t.database, events: watched, days: 30, warn: console.warn })
  await activity.tidyUp(signal)
  await activity.flush()
  await activity.close()
  expect(await rowsOf(t.database)).toHaveLength(20)
  expect(await events.acquireSweepLease(1)).toBe(false)
})

test('a sweep waits for SQL while many users wait, and ends when the server closes', async () => {
  const events = await leaveBehind(Array.from({ length: 1_500 }, (_, n) => `user ${n}`))
  await migrate(t.database)
  await sql`create trigger refuse before insert on activity begin select raise(abort, 'refused'); end`.execute(
    t.database.kysely,
  )
  const { waiting, close } = await startSweeping(events)
  await vi.waitUntil(() => waiting() >= 1_000, { timeout: 10_000 })
  await close()
  expect(waiting()).toBeLessThan(1_100)
})

async function startSweeping(events: SessionEvents) {
  const warn = (): void => undefined
  const activity = await openActivity({ database: t.database, events, days: 30, warn })
  const sweep = startSweep(activity.tidyUp, createLog({ write: warn }))
  return {
    waiting: activity.waiting,
    async close(): Promise<void> {
      await sweep.close()
      await activity.close()
    },
  }
}

test('a statement has a hundred rows at most: SQLite runs it in the thread that answers requests', async () => {
  const events = createSessionEvents({ redis: t.redis })
  for (let n = 0; n < 250; n += 1) await events.append(`user ${n % 5}`, { name: 'noted' })
  const rows: number[] = []
  const activity = await openActivity({ database: counting(rows), events, days: 30, warn: console.warn })
  await activity.tidyUp(signal)
  await activity.flush()
  await activity.close()
  expect(rows.reduce((sum, count) => sum + count, 0)).toBe(250)
  expect(Math.max(...rows)).toBe(100)
})

/** The database, and how many rows of activity each statement inserts. */
function counting(rows: number[]): Database {
  const counter: KyselyPlugin = {
    transformQuery: ({ node }) => {
      if (node.kind === 'InsertQueryNode' && node.into?.table.identifier.name === 'activity')
        rows.push(node.values && ValuesNode.is(node.values) ? node.values.values.length : 0)
      return node
    },
    transformResult: async ({ result }) => result,
  }
  return { ...t.database, kysely: t.database.kysely.withPlugin(counter) }
}

/** Signs in so many users, and has an operation revoke their sessions. No server receives either. */
async function revokeAll(count: number): Promise<void> {
  const store = createSessionStore({ redis: t.redis, onEvent: () => undefined })
  for (let n = 0; n < count; n += 1) await store.create({ userId: `user ${n}`, ipAddress: '203.0.113.9' })
  await createSessionAdmin({ redis: t.redis }).revoke({ address: '203.0.113.9' }, { startedBy: 'a test' })
}

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
  const rows: number[] = []
  const activity = await openActivity({ database: counting(rows), events, days: 30, warn: console.warn })
  await activity.tidyUp(signal)
  await vi.waitUntil(async () => (await waitingUsers(events)) === 0, { timeout: 10_000 })
  await activity.flush()
  await activity.close()
  expect(rows.length).toBeLessThanOrEqual(10)
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
  await activity.tidyUp(signal)
  await vi.waitUntil(async () => (await waitingUsers(events)) === 1, { timeout: 10_000 })
  expect(new Set(warnings)).toEqual(new Set(['Activity cannot be written down; its events wait in Redis']))
  await sql`drop trigger refuse`.execute(t.database.kysely)
  await activity.flush()
  await activity.close()
  expect(await rowsOf(t.database)).toHaveLength(100)
})

test('a user waits no longer than those before them, although one of these always fails and others keep coming', async () => {
  const events = await leaveBehind(['first', 'waiting', 'failing'])
  await migrate(t.database)
  const refused = sql.lit(userTagOf('failing'))
  await sql`create trigger refuse before insert on activity when new.user_tag = ${refused} begin select raise(abort, 'refused'); end`.execute(
    t.database.kysely,
  )
  let reads = 0
  const watched: SessionEvents = {
    ...events,
    async read(userTag, after) {
      if (userTag === userTagOf('waiting') && reads < 20) activity.move(userTagOf(`another ${(reads += 1)}`))
      return events.read(userTag, after)
    },
  }
  const activity = await openActivity({ database: t.database, events: watched, days: 30, warn: () => undefined })
  for (const user of ['first', 'waiting', 'failing']) activity.move(userTagOf(user))
  const isMoved = async () => (await events.read(userTagOf('waiting'))).events.length === 0
  await vi.waitUntil(isMoved, { timeout: 30_000 })
  await activity.close()
  expect(reads, 'with the one that fails, then alone').toBe(2)
})

async function rowsOf({ kysely }: Database): Promise<unknown[]> {
  return (await sql`select id from activity`.execute(kysely)).rows
}
