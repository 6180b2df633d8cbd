// Memory of Redis per session.
import { startBetterAuth, table } from '@rollcall/dev-bench'
import type { Redis } from 'ioredis'
import { createSessionStore } from '../src/index.js'
import { setPlusMarker } from './set-plus-marker.js'
import { device } from './validate.js'

const SESSIONS = 100_000
const AT_ONCE = 200

export async function memory(redis: Redis): Promise<void> {
  const store = createSessionStore({ redis })
  const markers = setPlusMarker(redis)
  const stock = await startBetterAuth(redis)
  const users = await stock.createUsers(SESSIONS)
  const layouts: Record<string, (userId: string) => Promise<unknown>> = {
    Rollcall: (userId) => store.create({ userId, ...device }),
    'SET and marker': (userId) => markers.create({ userId, ...device }),
    'better-auth, redis-storage': (userId) => stock.signIn(userId, device),
  }

  const rows: string[][] = []
  for (const [name, create] of Object.entries(layouts)) {
    const cells: string[] = []
    for (const perUser of [1, 100]) {
      await redis.flushall('SYNC')
      const before = await usedMemory(redis)
      const people = users.slice(0, SESSIONS / perUser)
      // No two sessions of one user at once: better-auth would lose some of them.
      for (let n = 0; n < perUser; n += 1) {
        for (let from = 0; from < people.length; from += AT_ONCE)
          await Promise.all(people.slice(from, from + AT_ONCE).map(create))
      }
      cells.push(Math.round(((await usedMemory(redis)) - before) / SESSIONS).toString())
    }
    rows.push([name, ...cells])
  }
  await redis.flushall()
  await stock.close()
  const count = SESSIONS.toLocaleString('en')
  console.log(`\n${table([`bytes of Redis per session, of ${count}`, 'one per user', '100 per user'], rows)}`)
}

async function usedMemory(redis: Redis): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1])
}
