import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRedisClock, createSessionStore } from '../src/index.js'
import { startStore } from './helpers.js'

const HOUR = 60 * 60 * 1_000

let t: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  t = await startStore()
})
afterAll(() => t[Symbol.asyncDispose]())

/** How far two times are apart, in whole minutes: a busy machine may be late by seconds. */
const minutesBetween = (a: number, b: number) => Math.abs(Math.round((a - b) / 60_000))

describe.each([
  ['ahead', HOUR],
  ['behind', -HOUR],
])('on a machine whose clock is an hour %s', (_, offset) => {
  const clock = () => Date.now() + offset

  test('it shows the time of Redis, and says how far the clocks are apart, once', async () => {
    const skews: number[] = []
    let measured = 0
    const counted = () => {
      measured += 1
      return clock()
    }
    const shared = await createRedisClock({ redis: t.redis, clock: counted, onSkew: (ahead) => skews.push(ahead), interval: 5 })
    await expect.poll(() => measured).toBeGreaterThan(3)
    shared.close()
    expect(minutesBetween(shared.now(), Date.now())).toBe(0)
    expect(skews.map((ahead) => minutesBetween(ahead, offset))).toEqual([0])
  })

  test('with it, a session of another server is neither too old nor too young', async () => {
    const timeouts = { idle: HOUR / 4, absolute: 12 * HOUR, touchInterval: 60_000 }
    const shared = await createRedisClock({ redis: t.redis, clock })
    const here = createSessionStore({ redis: t.redis, clock: shared.now, timeouts })
    const right = createSessionStore({ redis: t.redis, timeouts })
    const [a, b] = [await here.create({ userId: 'ada' }), await right.create({ userId: 'ada' })]
    shared.close()
    for (const store of [here, right]) {
      expect(await store.validate(a?.token ?? '')).not.toBeNull()
      expect(await store.validate(b?.token ?? '')).not.toBeNull()
    }
    expect(minutesBetween(a?.session.authenticatedAt.getTime() ?? 0, Date.now())).toBe(0)
  })
})

test('a clock that is right is left alone', async () => {
  const skews: number[] = []
  const shared = await createRedisClock({ redis: t.redis, clock: () => 1_234 + Date.now() - Date.now(), onSkew: (ahead) => skews.push(ahead) })
  shared.close()
  expect(skews).toHaveLength(1) // that one is not
  const local = { now: Date.now() }
  const right = await createRedisClock({ redis: t.redis, clock: () => local.now, onSkew: (ahead) => skews.push(ahead) })
  right.close()
  expect(right.now()).toBe(local.now)
  expect(skews).toHaveLength(1)
})

test('a clock that is put forward between two measurements is not followed', async () => {
  const local = { ahead: 0 }
  const shared = await createRedisClock({ redis: t.redis, clock: () => Date.now() + local.ahead })
  shared.close()
  local.ahead = HOUR
  expect(minutesBetween(shared.now(), Date.now())).toBe(0)
})

test('while Redis gives no time, the clock of the machine is taken as it is', async () => {
  const redis = t.redis.duplicate({ lazyConnect: true })
  const shared = await createRedisClock({ redis, clock: () => 42 })
  shared.close()
  redis.disconnect()
  expect(shared.now()).toBe(42)
})
