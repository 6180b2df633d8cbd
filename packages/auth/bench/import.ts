// How fast sessions of better-auth move into the store and back, and what people notice meanwhile. The figures are in docs/measurements.md.
// npm run measure:import -- [rows]

import { createHmac } from 'node:crypto'
import { openSqlite, secret, startServerOn } from '@rollcall/dev-auth'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { sql } from 'kysely'
import { exportedSessions, exportSessions } from '../src/export/export-sessions.js'
import { importSessions } from '../src/import/import-sessions.js'
import { cookieSessions, rollcall } from '../src/index.js'

const ROWS = Number(process.argv[2] ?? 100_000)
const ROWS_PER_USER = 2
const SAMPLE = 500
/** Sessions that are revoked while the import runs. */
const REVOKED = 200
const DAY_MS = 24 * 60 * 60 * 1_000
const MIB = 1024 ** 2

await using t = await startServerOn(openSqlite)
const { redis, database } = t
const options: BetterAuthOptions = {
  baseURL: 'http://localhost',
  secret,
  database: { db: database.kysely, type: 'sqlite', transaction: true },
  logger: { disabled: true },
}
await (await getMigrations(options)).runMigrations()
await sql`pragma synchronous = FULL`.execute(database.kysely) // as in production
await addRows()

const store = importSessions(t.store, { redis })
const auth = betterAuth({ ...options, plugins: [rollcall({ store })] })
const { authenticate } = await cookieSessions(auth, store)
const tokens = await sql<{
  token: string
}>`select token from session order by random() limit ${SAMPLE + REVOKED}`.execute(database.kysely)
const cookies = tokens.rows.map(({ token }) => headersOf(token))
const [old, victims] = [cookies.slice(0, SAMPLE), cookies.slice(SAMPLE)]
const ours = await Promise.all(
  Array.from({ length: SAMPLE }, async (_, i) => headersOf((await store.create({ userId: `new-${i}` }))?.token ?? '')),
)

let peak = 0
const running = { now: true }
const before = process.memoryUsage.rss()
const startedAt = performance.now()
const importing = store
  .importAll({ onProgress: () => (peak = Math.max(peak, process.memoryUsage.rss())) })
  .finally(() => (running.now = false))
const [counts, ofOurs, ofOld, revoked] = await Promise.all([
  importing,
  requests(ours, 10),
  requests(old, 10),
  revokeAll(victims, 20),
])
const seconds = (performance.now() - startedAt) / 1_000

console.log(`${ROWS} rows in ${seconds.toFixed(1)} s: ${Math.round(ROWS / seconds)} a second`)
console.log(counts)
console.log(`memory: ${Math.round(before / MIB)} MiB before, ${Math.round(peak / MIB)} MiB at most`)
console.log(`requests with a cookie of ours: ${ofOurs}; with one of better-auth: ${ofOld}`)
const left = await sql<{ n: number }>`select count(*) as n from session`.execute(database.kysely)
console.log(`rows left: ${left.rows[0]?.n}; signed out: ${await countSignedOut(old)} of ${SAMPLE}`)
console.log(`revoked meanwhile: ${revoked}; refused now: ${await countSignedOut(victims)} of ${victims.length}`)

const renewed = await Promise.all(
  tokens.rows.slice(0, SAMPLE).map(async ({ token }) => headersOf((await store.tokenFor(token)) ?? '')),
)
const away = betterAuth({ ...options, plugins: [exportedSessions()] })
const exportFrom = performance.now()
const { exported, withoutUser } = await exportSessions(away, { redis })
const exportSeconds = (performance.now() - exportFrom) / 1_000
const isSignedIn = await Promise.all(renewed.map(async (headers) => (await away.api.getSession({ headers })) !== null))
console.log(`back: ${exported} sessions in ${exportSeconds.toFixed(1)} s, ${withoutUser} of nobody`)
console.log(`signed out: ${isSignedIn.filter((is) => !is).length} of ${renewed.length}`)

async function addRows(): Promise<void> {
  const now = new Date().toISOString()
  const expiresAt = new Date(Date.now() + 5 * DAY_MS).toISOString()
  const users = ROWS / ROWS_PER_USER
  await sql`with recursive n(i) as (select 0 union all select i + 1 from n where i < ${users - 1})
    insert into "user" ("id", "name", "email", "emailVerified", "createdAt", "updatedAt")
    select 'user-' || i, 'Ada', i || '@example.org', 1, ${now}, ${now} from n`.execute(database.kysely)
  await sql`with recursive n(i) as (select 0 union all select i + 1 from n where i < ${ROWS - 1})
    insert into "session" ("id", "userId", "token", "createdAt", "updatedAt", "expiresAt", "ipAddress", "userAgent")
    select lower(hex(randomblob(16))), 'user-' || cast(i / ${ROWS_PER_USER} as integer), lower(hex(randomblob(16))), ${now}, ${now},
      ${expiresAt}, '203.0.113.9', 'Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0'
    from n`.execute(database.kysely)
}

function headersOf(token: string): Headers {
  const signature = createHmac('sha256', secret).update(token).digest('base64')
  return new Headers({ cookie: `better-auth.session_token=${encodeURIComponent(`${token}.${signature}`)}` })
}

/** Requests, some milliseconds apart, for as long as the import runs. */
async function requests(of: readonly Headers[], pauseMs: number): Promise<string> {
  const times: number[] = []
  for (let i = 0; running.now; i += 1) {
    const from = performance.now()
    const found = await authenticate(of[i % of.length] ?? new Headers())
    times.push(performance.now() - from)
    if (found === null) throw new Error('Somebody was signed out')
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  const sorted = times.toSorted((a, b) => a - b)
  const at = (q: number): string => (sorted[Math.floor(sorted.length * q)] ?? Number.NaN).toFixed(1)
  return `${times.length}, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`
}

/** Revokes sessions of better-auth, some milliseconds apart. */
async function revokeAll(of: readonly Headers[], pauseMs: number): Promise<string> {
  let during = 0
  for (const headers of of) {
    const found = await authenticate(headers)
    if (found === null) throw new Error('Somebody was signed out')
    await store.revoke(found.session.userId, found.session.id)
    if (running.now) during += 1
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  return `${during} of ${of.length}`
}

async function countSignedOut(of: readonly Headers[]): Promise<number> {
  const found = await Promise.all(of.map((headers) => authenticate(headers)))
  return found.filter((session) => session === null).length
}
