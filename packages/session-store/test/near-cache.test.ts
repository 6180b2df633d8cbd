import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { createSessionStore, defaultTimeouts, type SessionStoreOptions } from '../src/index.js'
import { startStore } from './helpers.js'
import { lastPass, LONG, type Near, startNear } from './near-cache-servers.js'
import { eventually } from './retry.js'

test('what is remembered costs no round trip; what is strict always costs one', async () => {
  await using t = await startNear(LONG)
  const { token, session } = await t.signIn()
  await t.remembers(token)
  const commands = await t.commandsOf(async () => {
    for (let n = 0; n < 100; n += 1) expect(await t.near.validate(token)).toEqual(session)
  })
  expect(commands).toEqual({})
  expect(await t.countLookups(() => t.near.validate(token, { strict: true }))).toBe(1)
})

test('who is given a session may change it: it is theirs alone', async () => {
  await using t = await startNear(LONG)
  for (const data of [{}, { theme: { dark: true } }]) {
    const { token, session } = await t.signIn('ada', { data })
    await t.remembers(token)
    const found = await t.near.validate(token)
    found?.expiresAt.setTime(0)
    Object.assign(found?.data ?? {}, { theme: 'changed' })
    expect(await t.near.validate(token)).toEqual(session)
  }
})

test('a lease that cannot be is refused', async () => {
  await using t = await startStore()
  for (const lease of [0, -1, 0.5, Number.NaN])
    expect(() => createSessionStore({ redis: t.redis, nearCache: { lease } })).toThrow(RangeError)
})

describe('a revocation elsewhere', () => {
  const revocations = {
    revoke: (t: Near, id: string) => t.store.revoke('ada', id),
    'revoke many': (t: Near, id: string) => t.store.revokeMany('ada', [id]),
    'revoke others': async (t: Near) => t.store.revokeOthers((await t.signIn()).token),
    'revoke all': (t: Near) => t.store.revokeAll('ada'),
    'an operator’s DEL': async (t: Near) => t.redis.del(await t.keys()),
    'an operator’s FLUSHALL': (t: Near) => t.redis.flushall(),
  }
  test.each(Object.entries(revocations))('is published by Redis: %s', async (_, end) => {
    await using t = await startNear(LONG)
    const { token, session } = await t.signIn()
    await t.remembers(token)
    await end(t, session.id)
    await lastPass(t, token)
  })

  test.each([
    ['', 'app:'],
    ['client:', ''],
    ['client:', 'app:'],
  ])(
    'is published where keys have a prefix: that of the client %j, that of the store %j',
    async (clientPrefix, keyPrefix) => {
      await using t = await startNear(LONG, { keyPrefix }, clientPrefix)
      const signedIn = await t.near.create({ userId: 'ada' })
      const { token } = signedIn ?? { token: '' }
      await t.remembers(token)
      await t.redis.del(await t.keys())
      await lastPass(t, token)
    },
  )
})

describe('a read that races with its own invalidation is not remembered', () => {
  test.each([1, 2])('the push is here before the answer, of %j lookups in one turn', async (together) => {
    await using t = await startNear(LONG)
    const [ada, bob, carl] = [await t.signIn('ada'), await t.signIn('bob'), await t.signIn('carl')]
    await t.remembers(bob.token)
    const release = t.connection(false).hold()
    const reading = Promise.all([ada, carl].slice(0, together).map(({ token }) => t.near.validate(token)))
    await eventually('Redis was asked', async () =>
      (await t.redis.info('commandstats')).includes(`cmdstat_hget:calls=${together},`),
    )
    const pushed = once(t.trackingConnection(), 'messageBuffer')
    await t.store.revoke('ada', ada.session.id)
    await pushed
    release()
    expect(await reading).toEqual([ada, carl].slice(0, together).map(({ session }) => session)) // they lived when the call began
    expect(await t.near.validate(ada.token)).toBeNull()
  })

  test('the answer is here before the push', async () => {
    await using t = await startNear(LONG)
    const { token, session } = await t.signIn()
    await t.remembers((await t.signIn('bob')).token)
    const release = t.connection(true).hold()
    await t.near.validate(token)
    await t.store.revoke('ada', session.id)
    expect(await t.near.validate(token)).not.toBeNull() // the push is under way: for as long as the lease allows
    release()
    await lastPass(t, token)
  })
})

describe('with the messages of Redis held back,', () => {
  async function startHeld(options: Partial<SessionStoreOptions> = {}) {
    const t = await startNear(LONG, options)
    const signedIn = await t.signIn()
    await t.remembers(signedIn.token)
    t.connection(true).hold()
    return { t, ...signedIn }
  }

  const own = {
    revoke: (t: Near, _: string, id: string) => t.near.revoke('ada', id),
    'revoke many': (t: Near, _: string, id: string) => t.near.revokeMany('ada', [id]),
    'revoke others': async (t: Near) => t.near.revokeOthers((await t.signIn()).token),
    'revoke all': (t: Near) => t.near.revokeAll('ada'),
    rotate: (t: Near, token: string) => t.near.rotate(token),
    'a sign-in beyond the cap': (t: Near) => {
      t.clock.now += 1
      return t.near.create({ userId: 'ada' })
    },
  }
  test.each(Object.entries(own))('a process never reads its own past: %s', async (_, end) => {
    const { t: held, token, session } = await startHeld({ maxSessionsPerUser: 2 })
    await using t = held
    t.clock.now += 1
    if (end === own['a sign-in beyond the cap']) await t.signIn()
    await end(t, token, session.id)
    expect(await t.near.validate(token)).toBeNull()
  })

  test('nor what it wrote before', async () => {
    const { t: held, token, session } = await startHeld()
    await using t = held
    await t.near.update(token, { a: 1 })
    expect(await t.near.validate(token)).toMatchObject({ data: { a: 1 } })
    t.clock.now += defaultTimeouts.touchInterval
    expect(await t.near.touch(session)).toBe(true)
    expect((await t.near.validate(token))?.lastSeenAt.getTime()).toBe(t.clock.now)
  })

  test('what is remembered lets pass and refuses nobody: a new secret, a later deadline', async () => {
    const { t: held, token, session } = await startHeld()
    await using t = held
    t.clock.now += defaultTimeouts.touchInterval
    await t.store.touch(session)
    t.clock.now += defaultTimeouts.idle - 1
    expect(await t.near.validate(token)).toMatchObject({ id: session.id })
    const rotated = await t.store.rotate(token)
    expect(await t.near.validate(rotated?.token ?? '')).toMatchObject({ id: session.id })
  })

  test('the secret and the deadlines are still compared', async () => {
    const { t: held, token } = await startHeld()
    await using t = held
    expect(await t.near.validate(`${token.slice(0, 38)}${'x'.repeat(43)}`)).toBeNull()
    t.clock.now += defaultTimeouts.idle
    expect(await t.near.validate(token)).toBeNull()
  })

  test('a strict call sees the end, and whoever asks after it', async () => {
    const { t: held, token, session } = await startHeld()
    await using t = held
    await t.store.revoke('ada', session.id)
    expect(await t.near.validate(token)).not.toBeNull()
    expect(await t.near.validate(token, { strict: true })).toBeNull()
    expect(await t.near.validate(token)).toBeNull()
  })
})
