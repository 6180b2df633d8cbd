import type { Cluster, Redis } from 'ioredis'
import { Hono } from 'hono'
import type { Http } from './http.js'

/** Written by `/readyz`; gone a second later. */
const PROBE = 'readyz'

/**
 * `/healthz` is about this process, `/readyz` about what it needs to be of use. With a Redis that refuses to
 * write, being full or a replica, it still is: it validates and, when full, revokes. So it stays ready, and says so.
 * A server that is leaving is not ready: balancers must choose another one.
 */
export function health(redis: Redis | Cluster, database: { ping(): Promise<void> }, isLeaving: () => boolean): Hono<Http> {
  return new Hono<Http>()
    .get('/healthz', (c) => c.json({ status: 'ok' }))
    .get('/readyz', async (c) => {
      if (isLeaving()) return c.json({ status: 'leaving' }, 503)
      const [redisState, databaseState] = await Promise.all([
        stateOf(redis.set(PROBE, '', 'PX', 1_000)),
        stateOf(database.ping()), // gives up by itself, and gives its connection back
      ])
      const states = [redisState, databaseState]
      const status = (['unavailable', 'not writable'] as const).find((state) => states.includes(state)) ?? 'ok'
      const body = { status, redis: redisState, database: databaseState }
      return c.json(body, status === 'unavailable' ? 503 : 200)
    })
}

type State = 'ok' | 'not writable' | 'unavailable'

async function stateOf(probe: Promise<unknown>): Promise<State> {
  return probe.then(
    () => 'ok',
    (error: unknown) => (error instanceof Error && /^(?:OOM|READONLY|MISCONF|NOREPLICAS) /.test(error.message) ? 'not writable' : 'unavailable'),
  )
}
