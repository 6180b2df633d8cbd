import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createSessionStore, profiles } from '../src/index.js'
import { startStore } from './helpers.js'

// The timeouts of NIST SP 800-63B-4, copied independently: sections 2.1.3, 2.2.3 and 2.3.3.
const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const nist = {
  aal1: { overall: 30 * day, inactivity: Number.POSITIVE_INFINITY },
  aal2: { overall: 24 * hour, inactivity: hour },
  aal3: { overall: 12 * hour, inactivity: 15 * minute },
}

let t: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  t = await startStore()
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(() => t.redis.flushall())

const names = Object.keys(nist) as (keyof typeof nist)[] // the keys of the literal above

test('there is a profile for each level of NIST', () => {
  expect(Object.keys(profiles)).toEqual(names)
})

describe.each(names)('profile %s', (name) => {
  const timeouts = profiles[name]
  const { overall, inactivity } = nist[name]
  const signIn = async () => {
    const store = createSessionStore({ redis: t.redis, clock: () => t.clock.now, timeouts })
    const created = await store.create({ userId: 'ada' })
    if (created === null) throw new Error('The sign-in was refused')
    return { store, ...created }
  }

  test('a session without use ends within the inactivity timeout of NIST', async () => {
    const { store, token, session } = await signIn()
    t.clock.now = session.expiresAt.getTime() - 1
    expect(await store.validate(token)).not.toBeNull()
    t.clock.now = session.createdAt.getTime() + Math.min(inactivity, overall)
    expect(await store.validate(token)).toBeNull()
  })

  test('a use that is not written down shortens a session by a touch interval at most, and never prolongs it', async () => {
    const { store, token, session } = await signIn()
    t.clock.now += timeouts.touchInterval - 1
    expect(await store.touch(session)).toBe(false)
    const active = t.clock.now
    t.clock.now = active + timeouts.idle - timeouts.touchInterval
    expect(await store.validate(token)).not.toBeNull()
    t.clock.now = active + timeouts.idle
    expect(await store.validate(token)).toBeNull()
  })

  test('a session in constant use lives until the overall timeout of NIST and not a millisecond longer', async () => {
    const { store, token, session } = await signIn()
    const end = session.createdAt.getTime() + overall
    for (
      let seen: typeof session | null = session;
      t.clock.now + timeouts.idle < end;
      t.clock.now += timeouts.idle / 2
    ) {
      seen = await store.validate(token)
      expect(seen).not.toBeNull()
      if (seen !== null) await store.touch(seen)
    }
    const last = await store.validate(token)
    if (last !== null) await store.touch(last)
    t.clock.now = end - 1
    expect(await store.validate(token)).not.toBeNull()
    t.clock.now = end
    expect(await store.validate(token)).toBeNull()
  })
})
