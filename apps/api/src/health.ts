import type { Cluster, Redis } from 'ioredis'
import { Hono } from 'hono'
import type { Http } from './http.js'

/** Milliseconds within which the database must answer; Redis has its own, shorter limit. */
const DATABASE_PATIENCE = 2_000

/** `/healthz` is about this process, `/readyz` about what it needs to be of use. */
export function health(redis: Redis | Cluster, database: { ping(): Promise<void> }): Hono<Http> {
  return new Hono<Http>()
    .get('/healthz', (c) => c.json({ status: 'ok' }))
    .get('/readyz', async (c) => {
      const [redisState, databaseState] = await Promise.all([
        stateOf(redis.ping()),
        stateOf(within(DATABASE_PATIENCE, database.ping())),
      ])
      const ready = redisState === 'ok' && databaseState === 'ok'
      const body = { status: ready ? 'ok' : 'unavailable', redis: redisState, database: databaseState }
      return c.json(body, ready ? 200 : 503)
    })
}

async function stateOf(ping: Promise<unknown>): Promise<'ok' | 'unavailable'> {
  return ping.then(
    () => 'ok',
    () => 'unavailable',
  )
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${milliseconds} ms`)), milliseconds)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}
