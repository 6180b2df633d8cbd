// How long the events of an operation take to SQL, and what requests notice of that. npm run measure:events -- [sessions]
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createSessionAdmin } from '@rollcall/admin'
import { machine, median, quantile, table } from '@rollcall/dev-bench'
import { postgresBinaries, startPostgres } from '@rollcall/dev-postgres'
import { startRedis } from '@rollcall/dev-redis'
import { type ApiServer, authCall, startApi, trpcCalls } from '@rollcall/dev-servers'
import { connectRedis, createSessionStore, redisOptions } from '@rollcall/session-store'
import { Redis } from 'ioredis'
import { sql } from 'kysely'
import { type Database, openDatabase } from '../src/accounts/database/database.js'

const SESSIONS = Number(process.argv[2] ?? 60_000)
const QUIET_MS = 15_000
const POLL_MS = 100
const VALIDATE_EVERY_MS = 10
const SIGN_IN_EVERY_MS = 2_000
const AT_ONCE = 100
/** A sign-in that began before the operation, which refuses it. */
const REFUSED = 409
/** On a machine that is busy with other work too, Redis may answer too late. */
const UNAVAILABLE = 503
const device = {
  ipAddress: '203.0.113.9',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
}
const person = { email: 'ada@example.org', password: 'correct horse battery staple', name: 'Ada' }

async function fill(redis: Redis): Promise<void> {
  const store = createSessionStore({ redis })
  let next = 0
  const signIn = async (): Promise<void> => {
    while (next < SESSIONS) await store.create({ userId: `user-${(next += 1)}`.padEnd(32, 'x'), ...device })
  }
  await Promise.all(Array.from({ length: AT_ONCE }, signIn))
}

/** A person who asks and one who signs in, again and again. */
async function startPeople(api: ApiServer) {
  const { cookie = '' } = await authCall(api, 'sign-up', person)
  const over = new AbortController()
  let unavailable = 0
  const repeat = async (everyMs: number, durations: number[], call: () => Promise<{ status: number | null }>) => {
    while (!over.signal.aborted) {
      const began = performance.now()
      const { status } = await call()
      if (status === UNAVAILABLE) unavailable += 1
      else if (status !== 200 && status !== REFUSED) throw new Error(`The server answered ${status}`)
      durations.push(performance.now() - began)
      await pause(everyMs)
    }
  }
  const query = async () => (await trpcCalls(api, cookie, [{ kind: 'session.current' }]))[0] ?? { status: null }
  const [queries, signIns]: [number[], number[]] = [[], []]
  const running = Promise.all([
    repeat(VALIDATE_EVERY_MS, queries, query),
    repeat(SIGN_IN_EVERY_MS, signIns, () => authCall(api, 'sign-in', person)),
  ])
  return {
    /** Milliseconds since the last report. */
    report(): string[] {
      const ms = [quantile(queries, 0.5), quantile(queries, 0.99), median(signIns)]
      for (const durations of [queries, signIns]) durations.length = 0
      const counted = String(unavailable)
      unavailable = 0
      return [...ms.map((value) => value.toFixed(1)), counted]
    },
    async stop(): Promise<void> {
      over.abort()
      await running
    },
  }
}

async function rowsIn({ kysely }: Database): Promise<{ count: number; at: number }> {
  const { rows } = await sql<{ count: number | string; at: number | string }>`
    select count(*) as count, avg(at) as at from activity where event like '{"kind":"ended"%'`.execute(kysely)
  return { count: Number(rows[0]?.count), at: Number(rows[0]?.at) }
}

/** Resolves when all rows are there, with their rate since the first one, and the mean time from an event to its row. */
async function watchRows(database: Database): Promise<{ perSecond: number; lagSeconds: number }> {
  let [moved, first, arrivals] = [0, 0, 0]
  for (;;) {
    const { count, at } = await rowsIn(database)
    const now = Date.now()
    if (moved === 0) first = now
    arrivals += (count - moved) * now
    moved = count
    if (moved >= SESSIONS)
      return { perSecond: (1_000 * moved) / (now - first), lagSeconds: (arrivals / moved - at) / 1_000 }
    await pause(POLL_MS)
  }
}

async function measure(name: string, url?: string): Promise<string[][]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-events-'))
  await using server = await startRedis()
  const api = await startApi(dataDir, server.url, undefined, { DATABASE_URL: url ?? '' })
  const redis = await connectRedis(
    new Redis(server.url, { ...redisOptions, commandTimeout: 60_000, socketTimeout: 60_000, lazyConnect: true }),
  )
  const database = openDatabase({ dataDir, url })
  await fill(redis)
  const people = await startPeople(api)
  await pause(QUIET_MS)
  const quiet = [`${name}, quiet`, '', '', ...people.report()]
  const { revoke } = createSessionAdmin({ redis })
  const [rows] = await Promise.all([watchRows(database), revoke({ address: device.ipAddress }, { startedBy: 'bench' })])
  const busy = [`${name}, events move`, rows.perSecond.toFixed(0), rows.lagSeconds.toFixed(1), ...people.report()]
  await people.stop()
  redis.disconnect()
  await database.close()
  await api.kill()
  await rm(dataDir, { recursive: true, force: true })
  return [quiet, busy]
}

console.log(`${machine()}; an operation revokes ${SESSIONS.toLocaleString('en')} sessions\n`)
const rows = await measure('SQLite')
if (postgresBinaries !== null) {
  await using postgres = await startPostgres()
  rows.push(...(await measure('PostgreSQL', postgres.url)))
}
console.log(table(['', 'events/s', 'lag (s)', 'query, p50 (ms)', 'query, p99 (ms)', 'sign-in, p50 (ms)', '503'], rows))
