import type { Cluster, Redis } from 'ioredis'
import { Hono } from 'hono'
import type { Database } from '../accounts/database/database.js'
import { isConnectionFault } from '../accounts/database/postgres.js'
import type { HttpEnv } from './http.js'

/** Written by `/readyz`; gone a second later. */
const PROBE = 'readyz'
/** Milliseconds for which the answer to one caller is good for all: anybody may ask, and each probe is a write. */
const SHARED_MS = 1_000

interface HealthDependencies {
  readonly redis: Pick<Redis | Cluster, 'set'>
  readonly keyPrefix: string
  readonly database: Pick<Database, 'ping' | 'checkWritable'>
  readonly isLeaving: () => boolean
}

/**
 * `/healthz` is about this process, `/readyz` about what it needs to be of use. With a Redis that refuses to
 * write, being full or a replica, it still is: it validates and, when full, revokes. So it stays ready, and says so. The same holds for a database on a full disk: those
 * who are signed in stay so, and nobody can sign up.
 * A server that is leaving is not ready: balancers must choose another one.
 */
export function health({ redis, keyPrefix, database, isLeaving }: HealthDependencies): Hono<HttpEnv> {
  const probe = shareProbe(async () => {
    const [redisState, sqlState] = await Promise.all([
      stateOf(redis.set(keyPrefix + PROBE, '', 'PX', 1_000)),
      databaseState(database),
    ])
    return { redis: redisState, database: sqlState }
  })
  return new Hono<HttpEnv>()
    .get('/healthz', (c) => c.json({ status: 'ok' }))
    .get('/readyz', async (c) => {
      if (isLeaving()) return c.json({ status: 'leaving' }, 503)
      const found = await probe()
      const states: State[] = [found.redis, found.database]
      const status = (['unavailable', 'not writable'] as const).find((state) => states.includes(state)) ?? 'ok'
      const body = { status, ...found }
      return c.json(body, status === 'unavailable' ? 503 : 200)
    })
}

/** One probe for all who ask while it is under way, and until `SHARED_MS` after it began. */
function shareProbe<T>(probe: () => Promise<T>): () => Promise<T> {
  let latest: { readonly begunAt: number; isUnderWay: boolean; readonly answer: Promise<T> } | undefined
  return () => {
    if (latest && (latest.isUnderWay || performance.now() - latest.begunAt < SHARED_MS)) return latest.answer
    const answer = probe().finally(() => (started.isUnderWay = false))
    const started = { begunAt: performance.now(), isUnderWay: true, answer }
    latest = started
    return answer
  }
}

type State = 'ok' | 'not writable' | 'unavailable'

/** Each query has its own time limit, and returns its connection. */
async function databaseState(database: HealthDependencies['database']): Promise<State> {
  const state = await stateOf(database.ping())
  if (state !== 'ok') return state
  return database.checkWritable().then(
    () => 'ok',
    (error: unknown) => (error instanceof Error && isConnectionFault(error) ? 'unavailable' : 'not writable'),
  )
}

async function stateOf(probe: Promise<unknown>): Promise<State> {
  return probe.then(
    () => 'ok',
    (error: unknown) =>
      error instanceof Error && /^(?:OOM|READONLY|MISCONF|NOREPLICAS) /.test(error.message)
        ? 'not writable'
        : 'unavailable',
  )
}
