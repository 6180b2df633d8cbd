import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createSessionStore, defaultTimeouts } from '../src/index.js'
import { sessionsKey } from '../src/record/keys.js'
import { userTagOf } from '../src/record/token.js'
import { gate, startStore } from './helpers.js'

// Redis still holds a session that has expired, and a script must not write to it: that would bring it back.

const { idle, touchInterval } = defaultTimeouts

let t: Awaited<ReturnType<typeof startStore>>
beforeAll(async () => {
  t = await startStore()
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(() => t.flush())

type SignedIn = Awaited<ReturnType<typeof t.signIn>>

const key = sessionsKey('', userTagOf('ada'))
const recordOf = (id: string) => t.redis.hgetBuffer(key, id)

const operations = {
  touch: ({ session }: SignedIn) => t.store.touch(session),
  update: ({ token }: SignedIn) => t.store.update(token, { a: 1 }),
  'update by id': ({ session }: SignedIn) => t.store.update(session, { a: 1 }),
  rotate: ({ token }: SignedIn) => t.store.rotate(token),
  'rotate with a proof': ({ token }: SignedIn) => t.store.rotate(token, { reauthenticated: true }),
  'change the password': ({ token }: SignedIn) => t.store.rotate(token, { credentialChange: true }),
  'revoke others': ({ token }: SignedIn) => t.store.revokeOthers(token),
}

/** Each ends a session at that time, longer than a touch interval after it was last seen. */
const deadlines: Record<string, () => Promise<SignedIn>> = {
  idle: async () => {
    const signedIn = await t.signIn()
    t.clock.now += idle
    return signedIn
  },
  absolute: async () => {
    const signedIn = await t.signIn('ada', { endsBy: new Date(t.clock.now + 2 * touchInterval) })
    t.clock.now += 2 * touchInterval
    return signedIn
  },
}

describe.each(Object.entries(deadlines))('a session past its %s deadline', (_, expire) => {
  test.each(Object.entries(operations))('cannot %s, and is not written to', async (_name, operate) => {
    const expired = await expire()
    await t.redis.persist(key) // Redis would tidy it away
    const other = await t.signIn()
    const before = await recordOf(expired.session.id)
    expect(before).not.toBeNull()
    expect(await operate(expired)).toBe(operate === operations.touch ? false : null)
    expect(await recordOf(expired.session.id)).toEqual(before)
    expect(await t.store.validate(expired.token)).toBeNull()
    expect(await t.store.validate(other.token)).toEqual(other.session)
    expect(await t.store.create({ userId: 'ada', startedAt: new Date(1) }), 'no credentials changed').not.toBeNull()
  })
})

test.each([idle, 2 * touchInterval])(
  'a session that expires between the two steps of an update is not written to',
  async (after) => {
    const { token, session } = await t.signIn('ada', { endsBy: new Date(t.clock.now + after) })
    await t.redis.persist(key)
    const before = await recordOf(session.id)
    const times = [after - 1] // the first look at the clock; from the second on, it is over
    const store = createSessionStore({ redis: t.redis, clock: () => t.clock.now + (times.shift() ?? after) })
    expect(await store.update(token, { a: 1 })).toBeNull()
    expect(await recordOf(session.id)).toEqual(before)
  },
)

test('a touch moves the idle deadline and no other, never beyond the absolute one', async () => {
  const { token, session } = await t.signIn('ada', { endsBy: new Date(t.clock.now + idle + touchInterval) })
  t.clock.now += touchInterval
  expect(await t.store.touch(session)).toBe(true)
  const seen = await t.store.validate(token)
  expect(seen).toEqual({ ...session, lastSeenAt: new Date(t.clock.now), expiresAt: new Date(t.clock.now + idle) })
  t.clock.now += touchInterval
  expect(seen && (await t.store.touch(seen))).toBe(true)
  expect(await t.store.validate(token)).toEqual({
    ...session,
    lastSeenAt: new Date(t.clock.now),
    expiresAt: seen?.expiresAt,
  })
})

test('a secret that changes between the two steps of an update: the old token writes nothing', async () => {
  const { token, session } = await t.signIn()
  const held = gate(t.redis, 'rollcallUpdate')
  const updating = t.store.update(token, { a: 1 })
  await held.waiting
  const rotated = await t.store.rotate(token)
  held.open()
  expect(await updating).toBeNull()
  expect(await t.store.validate(rotated?.token ?? '')).toEqual(session)
})

test('without a clock of its own, a store follows fake timers that start after it', async () => {
  const store = createSessionStore({ redis: t.redis })
  const signedIn = await store.create({ userId: 'ada' })
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + idle })
  try {
    expect(await store.validate(signedIn?.token ?? '')).toBeNull()
  } finally {
    vi.useRealTimers()
  }
})
