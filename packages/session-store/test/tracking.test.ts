import type { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { track, type Tracking } from '../src/near-cache/tracking.js'
import { gate, startStore } from './helpers.js'
import { eventually } from './retry.js'

// A lease counts from when its PING was sent, on two clocks: one stands still while the machine sleeps, the other can be
// set. Each test holds the next PING back at the moment it is sent, and moves the clocks by hand.

const LEASE = 200

let t: Awaited<ReturnType<typeof startStore>>
let tracking: Tracking
let line: Redis
let lost: number
beforeEach(async () => {
  t = await startStore()
  lost = 0
  const duplicate = t.redis.duplicate.bind(t.redis)
  t.redis.duplicate = (...args) => (line = duplicate(...args))
  tracking = track({
    node: t.redis,
    isCluster: false,
    prefix: 'user:',
    lease: LEASE,
    onInvalidate: () => undefined,
    onReset: () => undefined,
    onLost: () => (lost += 1),
  })
  await eventually('the tracking is trusted', () => tracking.isTrusted())
})
afterEach(async () => {
  vi.restoreAllMocks()
  await t[Symbol.asyncDispose]()
})

/** Stops both clocks. The test moves them. */
function stoppedClocks() {
  const clocks = { monotonic: performance.now(), wall: Date.now() }
  vi.spyOn(performance, 'now').mockImplementation(() => clocks.monotonic)
  vi.spyOn(Date, 'now').mockImplementation(() => clocks.wall)
  return clocks
}

/** Holds the next PING, which is sent at the time of the clocks. */
async function nextPing() {
  const ping = gate(line, 'ping')
  await ping.waiting
  return ping
}

describe('without another answer, trust ends a lease after the last PING was sent', () => {
  test.each([
    ['both clocks', { monotonic: LEASE, wall: LEASE }],
    ['the clock that runs while the machine sleeps', { monotonic: 0, wall: LEASE }],
    ['the clock that cannot be set', { monotonic: LEASE, wall: -60_000 }],
  ])('by %s', async (_, passed) => {
    const clocks = stoppedClocks()
    const last = await nextPing()
    last.open() // sent at the time at which the clocks stand
    await nextPing() // so it was answered
    expect(tracking.isTrusted()).toBe(true)
    const sent = { ...clocks }
    Object.assign(clocks, { monotonic: sent.monotonic + passed.monotonic - 1, wall: sent.wall + passed.wall - 1 })
    expect(tracking.isTrusted()).toBe(true)
    Object.assign(clocks, { monotonic: sent.monotonic + passed.monotonic, wall: sent.wall + passed.wall })
    expect(lost).toBe(0)
    expect(tracking.isTrusted()).toBe(false)
    expect(tracking.isTrusted()).toBe(false)
    expect(lost).toBe(1)
  })
})

test('an answer that comes late is good for what is left of its lease: nothing, after a lease', async () => {
  const clocks = stoppedClocks()
  const late = await nextPing()
  clocks.monotonic += LEASE
  clocks.wall += LEASE
  late.open()
  await nextPing() // the late one was answered
  expect(tracking.isTrusted()).toBe(false)
})

test('while the connection is away nothing is trusted, and the next answer is trusted again', async () => {
  line.disconnect()
  await vi.waitUntil(() => !tracking.isTrusted(), { timeout: 30_000 })
  expect(tracking.isTrusted()).toBe(false)
  expect(lost).toBe(1) // however often it is asked
  await eventually('the tracking is trusted', () => tracking.isTrusted())
})
