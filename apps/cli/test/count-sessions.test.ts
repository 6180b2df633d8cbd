import { startRedis } from '@rollcall/dev-redis'
import { createSessionOperator, createSessionStore } from '@rollcall/session-store'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { countSessions } from '../src/count-sessions.js'

test('a scan that repeats itself counts once', async () => {
  await using server = await startRedis()
  const redis = new Redis(server.url)
  const store = createSessionStore({ redis })
  for (const userId of ['ada', 'ada', 'bob']) await store.create({ userId })
  async function* scanTwice() {
    for (const pass of [1, 2]) for await (const step of createSessionOperator({ redis }).scan()) yield { ...step, pass }
  }
  expect(await countSessions(scanTwice())).toMatchObject({ users: 2, sessions: 3, unreadable: 0, foreign: 0 })
  redis.disconnect()
})
