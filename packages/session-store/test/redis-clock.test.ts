import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createRedisClock, createSessionStore } from '../src/index.js'
import { gate, startStore } from './helpers.js'

const HOUR = 60 * 60 * 1_000

let t: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  t = await startStore()
})
afterAll(() => t[Symbol.asyncDispose]())

afterEach(() => void vi.restoreAllMocks())

/** The clocks of a machine, to be moved by hand. */
function movable(offset = 0) {
  const monotonic = performance.now.bind(performance)
  const ahead = { local: offset, monotonic: 0 }
  vi.spyOn(performance, 'now').mockImplementation(() => monotonic() + ahead.monotonic)
  return {
    local: () => Date.now() + ahead.local,
    moveLocal: (by: number) => void (ahead.local += by),
    moveMonotonic: (by: number) => void (ahead.monotonic += by),
  }
}

/** By how much the first time is later, in whole minutes: a busy machine may be late by seconds. */
const minutesBetween = (a: number, b: number) => Math.round((a - b) / 60_000) || 0 // no -0

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
    const shared = await createRedisClock({
      redis: t.redis,
      clock: counted,
      onSkew: (ahead) => skews.push(ahead),
      interval: 5,
    })
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
  const shared = await createRedisClock({
    redis: t.redis,
    clock: () => 1_234 + Date.now() - Date.now(),
    onSkew: (ahead) => skews.push(ahead),
  })
  shared.close()
  expect(skews).toHaveLength(1) // that one is not
  const local = { now: Date.now() + 500 } // as far as a measurement may be wrong
  const right = await createRedisClock({ redis: t.redis, clock: () => local.now, onSkew: (ahead) => skews.push(ahead) })
  right.close()
  expect(right.now()).toBe(local.now)
  expect(skews).toHaveLength(1)
})

test('it says how far the clocks are apart again if that changes, and once an hour', async () => {
  const clocks = movable(HOUR)
  const skews: number[] = []
  let read = 0
  const clock = () => {
    read += 1
    return clocks.local()
  }
  const shared = await createRedisClock({
    redis: t.redis,
    clock,
    onSkew: (ahead) => skews.push(minutesBetween(ahead, 0)),
    interval: 5,
  })
  const measureAgain = async () => {
    const before = read
    await expect.poll(() => read).toBeGreaterThan(before + 4) // two for each measurement, and one may be under way
  }
  await measureAgain()
  await expect.poll(() => skews).toEqual([60])
  clocks.moveLocal(HOUR)
  await measureAgain()
  await expect.poll(() => skews).toEqual([60, 120]) // a busy machine discards measurements
  clocks.moveMonotonic(HOUR - 60_000)
  await measureAgain()
  expect(skews).toEqual([60, 120])
  clocks.moveMonotonic(120_000)
  await expect.poll(() => skews).toEqual([60, 120, 120])
  shared.close()
})

test('to read it costs no command', async () => {
  for (const offset of [0, HOUR]) {
    const clocks = movable(offset)
    const shared = await createRedisClock({ redis: t.redis, clock: clocks.local, interval: HOUR })
    clocks.moveLocal(HOUR / 2)
    clocks.moveMonotonic(HOUR / 2)
    const commands = await t.commandsOf(async () => {
      for (let n = 0; n < 100; n += 1) shared.now()
    })
    expect(commands).toEqual({})
    shared.close()
    vi.restoreAllMocks()
  }
})

test('one measurement at a time, and none after it was closed', async () => {
  const clocks = movable()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const shared = await createRedisClock({ redis: t.redis, clock: clocks.local, interval: HOUR })
  expect(vi.getTimerCount()).toBe(1)
  const asked = vi.spyOn(t.redis, 'rollcallTime')
  const held = gate(t.redis, 'rollcallTime')
  vi.advanceTimersByTime(HOUR)
  await held.waiting
  clocks.moveLocal(HOUR)
  for (let n = 0; n < 3; n += 1) shared.now()
  expect(asked).not.toHaveBeenCalled()
  shared.close()
  held.open()
  for (let n = 0; n < 3; n += 1) await t.redis.ping() // the last is answered long after the measurement
  expect(asked).toHaveBeenCalledTimes(1)
  expect(vi.getTimerCount()).toBe(0)
  shared.now()
  expect(asked).toHaveBeenCalledTimes(1)
})

describe('between two measurements', () => {
  test.each([
    ['forward', HOUR],
    ['back', -HOUR],
  ])('a clock that is put %s makes it measure at once, and is not followed', async (_, step) => {
    const clocks = movable()
    const shared = await createRedisClock({ redis: t.redis, clock: clocks.local, interval: HOUR })
    clocks.moveLocal(step)
    expect(minutesBetween(shared.now(), Date.now()), 'a deadline may pass early, but not late').toBe(step > 0 ? 60 : 0)
    await expect.poll(() => minutesBetween(shared.now(), Date.now()), { timeout: 10_000 }).toBe(0)
    shared.close()
  })

  test.each([
    ['right', 0],
    ['two hours behind', -2 * HOUR],
    ['two hours ahead', 2 * HOUR],
  ])('a machine that slept for an hour, with a clock that is %s, is not late by that hour', async (_, offset) => {
    const clocks = movable(offset)
    const shared = await createRedisClock({ redis: t.redis, clock: clocks.local })
    shared.close() // as if Redis did not answer yet
    const before = shared.now()
    clocks.moveLocal(HOUR) // the monotonic clock stands still meanwhile
    expect(minutesBetween(shared.now(), before)).toBe(60)
  })

  test('a machine that was awake for an hour shows that hour once', async () => {
    const clocks = movable(2 * HOUR)
    const shared = await createRedisClock({ redis: t.redis, clock: clocks.local })
    shared.close()
    const before = shared.now()
    clocks.moveLocal(HOUR)
    clocks.moveMonotonic(HOUR)
    expect(minutesBetween(shared.now(), before)).toBe(60)
  })
})

test.each([
  ['a process that is paused', true],
  ['a machine that sleeps', false],
])('a measurement under way during %s is discarded, and made again soon', async (_, isMonotonicMoving) => {
  const clocks = movable(-HOUR)
  const skews: number[] = []
  let read = 0
  const clock = () => {
    read += 1
    return clocks.local()
  }
  const opening = createRedisClock({ redis: t.redis, clock, onSkew: (ahead) => skews.push(ahead), interval: HOUR })
  clocks.moveLocal(HOUR)
  if (isMonotonicMoving) clocks.moveMonotonic(HOUR)
  const shared = await opening
  expect(skews).toEqual([])
  await expect.poll(() => read, { timeout: 10_000 }).toBeGreaterThanOrEqual(4) // two for each measurement
  expect(minutesBetween(shared.now(), Date.now())).toBe(0)
  shared.close()
  expect(skews).toEqual([])
})

test('while Redis gives no time, the clock of the machine is taken as it is', async () => {
  const redis = t.redis.duplicate({ lazyConnect: true })
  const now = Date.now() - HOUR
  const shared = await createRedisClock({ redis, clock: () => now })
  shared.close()
  redis.disconnect()
  expect(shared.now()).toBe(now)
})
