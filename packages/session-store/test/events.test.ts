import { bundleScript } from '../lua/bundle.js'
/* oxlint-disable max-lines -- Its tests share a store, its events and the notifications it sent. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  createSessionEvents,
  createSessionStore,
  defaultTimeouts,
  type SessionEvents,
  SessionStoreUnavailableError,
} from '../src/index.js'
import { userTagOf } from '../src/record/token.js'
import { longTimeouts, startStore } from './helpers.js'

let t: Awaited<ReturnType<typeof startStore>>
let events: SessionEvents
let notified: string[]
const warned: object[] = []
beforeEach(async () => {
  notified = []
  warned.splice(0)
  t = await startStore({ maxSessionsPerUser: 3, onEvent: (userTag) => notified.push(userTag) })
  events = createSessionEvents({ redis: t.redis, clock: () => t.clock.now, warn: (_, details) => warned.push(details) })
})
afterEach(() => t[Symbol.asyncDispose]())

const ada = userTagOf('ada')
const waiting = `user:{${ada}}:waiting`

/** The events of ada, without the fields that differ from run to run. */
async function pendingEvents() {
  const { events: found } = await events.read(ada)
  return found.map(({ id: _id, at: _at, ...what }) => what)
}

const actor = (id: string, userAgent: string | null = null) => ({ id, ipAddress: null, userAgent, data: {} })

describe('each change leaves its event', () => {
  test('a sign-in, a revocation by another device, and a sign-out', async () => {
    const laptop = await t.signIn('ada', { userAgent: 'Firefox', ipAddress: '203.0.113.9', data: { x: 1 } })
    const phone = await t.signIn('ada', { userAgent: 'Safari' })
    await t.store.revoke('ada', phone.session.id, { by: laptop.session.id })
    await t.store.revoke('ada', phone.session.id, { by: laptop.session.id }) // ends nothing: no event
    await t.store.revoke('ada', laptop.session.id, { by: laptop.session.id })
    const firefox = { id: laptop.session.id, ipAddress: '203.0.113.9', userAgent: 'Firefox', data: { x: 1 } }
    expect(await pendingEvents()).toEqual([
      { kind: 'created', session: firefox },
      { kind: 'created', session: actor(phone.session.id, 'Safari') },
      { kind: 'ended', cause: 'revoke', session: actor(phone.session.id, 'Safari'), by: firefox },
      { kind: 'ended', cause: 'revoke', session: firefox, by: firefox },
    ])
  })

  test('the end of all, and a credential change without a name: one event for each session, and no other', async () => {
    const kinds = async () => (await pendingEvents()).map(({ kind }) => kind)
    const { session } = await t.signIn()
    await t.store.revokeAll('ada', { by: session.id })
    expect(await kinds()).toEqual(['created', 'ended'])
    const { token } = await t.signIn()
    await t.store.revokeAll('bob', { credentialChange: true })
    await t.store.rotate(token, { credentialChange: true })
    expect(await kinds()).toEqual(['created', 'ended', 'created'])
    expect((await events.read(userTagOf('bob'))).events).toEqual([])
  })

  test('a revocation of many, one event for each of them', async () => {
    const [laptop, phone, tablet] = [await t.signIn(), await t.signIn(), await t.signIn()]
    const [by, ...others] = [laptop, phone, tablet].map(({ session }) => actor(session.id))
    const ids = [phone.session.id, 'A'.repeat(16), tablet.session.id]
    expect(await t.store.revokeMany('ada', ids, { by: laptop.session.id })).toBe(2)
    expect((await pendingEvents()).slice(3)).toEqual(
      others.map((session) => ({ kind: 'ended', cause: 'revoke', session, by })),
    )
  })

  test('others, all, a credential change with its name, and the session that made room', async () => {
    const sessions = []
    for (let n = 0; n < 4; n += 1) {
      sessions.push(await t.signIn('ada', { userAgent: `agent ${n}` }))
      t.clock.now += 1
    }
    const [a, b, c, d] = sessions.map(({ session: { id, userAgent } }) => actor(id, userAgent))
    const token = sessions[3]?.token ?? ''
    const { events: before } = await events.read(ada)
    expect(await pendingEvents()).toEqual([
      { kind: 'created', session: a },
      { kind: 'created', session: b },
      { kind: 'created', session: c },
      { kind: 'ended', cause: 'cap', session: a, by: d },
      { kind: 'created', session: d },
    ])
    await events.acknowledge(
      ada,
      before.map(({ id }) => id),
    )

    expect(await t.store.revokeOthers(token)).toBe(2)
    const e = await t.signIn()
    await t.store.rotate(token, { credentialChange: true, event: { name: 'password-change' } })
    t.clock.now += 1
    await t.store.rotate((await t.signIn()).token) // nothing that a person would know of
    await t.store.revokeAll('ada', {
      credentialChange: true,
      event: { name: 'password-reset', ipAddress: '203.0.113.9' },
    })
    const all = await pendingEvents()
    expect(all.filter((event) => event.kind === 'ended' && event.cause === 'revoke-others')).toEqual(
      expect.arrayContaining([b, c].map((session) => ({ kind: 'ended', cause: 'revoke-others', session, by: d }))),
    )
    expect(all.slice(2, 5)).toEqual([
      { kind: 'created', session: actor(e.session.id) },
      { kind: 'ended', cause: 'credential-change', session: actor(e.session.id), by: d },
      { kind: 'noted', name: 'password-change', by: d },
    ])
    expect(all.slice(6, -1)).toMatchObject(
      Array.from({ length: 2 }, () => ({ kind: 'ended', cause: 'credential-change', by: null })),
    )
    expect(all.at(-1)).toEqual({
      kind: 'noted',
      name: 'password-reset',
      by: { ...actor(''), ipAddress: '203.0.113.9' },
    })
  })

  test('of a new secret, only if it has a name', async () => {
    const { token, session } = await t.signIn()
    const rotated = await t.store.rotate(token)
    await t.store.rotate(rotated?.token ?? '', { event: { name: 'passkey-added' } })
    expect((await pendingEvents()).slice(1)).toEqual([{ kind: 'noted', name: 'passkey-added', by: actor(session.id) }])
  })

  test.each([
    ['one', (id: string) => t.store.revoke('ada', id)],
    ['several', (id: string) => t.store.revokeMany('ada', [id, id])],
  ])('of the expiry, if %s of those that are revoked had expired', async (_, revoke) => {
    const { session } = await t.signIn()
    t.clock.now += defaultTimeouts.idle
    expect(await revoke(session.id)).toBe(0)
    expect((await pendingEvents()).slice(1)).toEqual([
      { kind: 'ended', cause: 'expired', session: actor(session.id), by: null },
    ])
    const live = await t.signIn()
    expect(await revoke(live.session.id)).toBe(1)
  })

  test('what the application notes', async () => {
    await events.append('ada', { name: 'refused', userAgent: 'curl' }, 'some session')
    expect(await pendingEvents()).toEqual([{ kind: 'noted', name: 'refused', by: actor('some session', 'curl') }])
  })

  test('and is reported by the tag of its user, also when no answer came', async () => {
    const { session } = await t.signIn()
    expect(notified.splice(0)).toEqual([ada])
    process.kill(t.server.pid, 'SIGSTOP')
    t.redis.options.commandTimeout = 50
    await expect(t.store.revoke('ada', session.id)).rejects.toBeInstanceOf(SessionStoreUnavailableError)
    t.redis.options.commandTimeout = longTimeouts.commandTimeout
    process.kill(t.server.pid, 'SIGCONT')
    expect(notified).toEqual([ada])
  })
})

describe('a session that expired', () => {
  const expired = { kind: 'ended', cause: 'expired', session: actor(expect.any(String) as string, 'old'), by: null }

  test.each([
    ['the next sign-in', () => t.signIn('ada', { userAgent: 'new' })],
    ['whoever asks', () => events.expireSessions('ada')],
    ['the end of all', () => t.store.revokeAll('ada')],
  ])('becomes an event by %s, with its deadline for a time, once', async (_, notice) => {
    const { session } = await t.signIn('ada', { userAgent: 'old' })
    await events.acknowledge(
      ada,
      (await events.read(ada)).events.map(({ id }) => id),
    )
    t.clock.now = session.expiresAt.getTime() + 1_000
    await notice()
    await events.expireSessions('ada')
    const [first, ...rest] = (await events.read(ada)).events
    expect(first).toEqual({ ...expired, id: first?.id, at: session.expiresAt })
    expect(rest.filter(({ kind }) => kind === 'ended')).toEqual([])
  })

  test('is kept for that, as long as events wait, and a touch keeps it as long', async () => {
    const { session } = await t.signIn()
    const day = 24 * 60 * 60 * 1_000
    const key = `user:{${ada}}:sessions`
    expect(await t.redis.pttl(key)).toBeGreaterThan(defaultTimeouts.idle + 29 * day)
    await t.redis.pexpire(key, 5_000)
    t.clock.now += defaultTimeouts.touchInterval
    expect(await t.store.touch(session)).toBe(true)
    expect(await t.redis.pttl(key)).toBeGreaterThan(defaultTimeouts.idle + 29 * day)
    expect(await t.redis.pttl(waiting)).toBeGreaterThan(29 * day)
  })
})

describe('event and change are one step', () => {
  test.each([
    [
      'create',
      () => t.signIn(),
      { hget: 1, hrandfield: 1, hlen: 2, hexists: 2, hset: 2, pttl: 1, time: 1, pexpire: 1, publish: 1 },
    ],
    [
      'revoke',
      ({ session }: { session: { id: string } }) => t.store.revoke('ada', session.id),
      { hget: 1, hdel: 1, hlen: 1, hexists: 1, hset: 1, time: 1, pexpire: 1, publish: 1 },
    ],
  ])('Redis runs both inside of the script: %s', async (_, change, commands) => {
    const signed = await t.signIn()
    await change(signed) // the first time takes the source of the script
    await t.store.revokeAll('ada')
    const another = await t.signIn()
    await t.redis.pexpire(`user:{${ada}}:sessions`, 60 * 24 * 60 * 60 * 1_000) // long enough that nothing is added
    expect(await t.commandsOf(() => change(another))).toEqual({ evalsha: 1, ...commands })
  })

  test('a change that is refused leaves no event', async () => {
    const { token } = await t.signIn()
    const startedAt = await t.store.time()
    await t.store.revokeAll('ada', { credentialChange: true })
    const before = (await pendingEvents()).length
    expect(await t.store.create({ userId: 'ada', startedAt })).toBeNull()
    expect(await t.store.revokeOthers(token)).toBeNull()
    expect(await t.store.rotate(token, { credentialChange: true, event: { name: 'password-change' } })).toBeNull()
    expect(await pendingEvents()).toHaveLength(before)
  })

  test('in a full Redis too, where an event of its own has no room', async () => {
    const { session, token } = await t.signIn()
    await t.redis.config('SET', 'maxmemory', '1')
    expect(await t.store.revoke('ada', session.id)).toBe(1)
    await expect(events.append('ada', { name: 'refused' })).rejects.toBeInstanceOf(SessionStoreUnavailableError)
    await t.redis.config('SET', 'maxmemory', '0')
    expect(await t.store.validate(token)).toBeNull()
    expect(await pendingEvents()).toMatchObject([{ kind: 'created' }, { kind: 'ended' }])
  })
})

test('without onEvent nothing is kept', async () => {
  const plain = createSessionStore({ redis: t.redis, clock: () => t.clock.now })
  const signed = await plain.create({ userId: 'ada' })
  await plain.rotate(signed?.token ?? '', { credentialChange: true, event: { name: 'password-change' } })
  await plain.revokeAll('ada', { credentialChange: true, event: { name: 'password-reset' } })
  expect(await t.redis.keys('*:waiting')).toEqual([])
  expect(notified).toEqual([])
})

test('about 1,000 of a user wait, and the oldest make room', async () => {
  const { token } = await t.signIn()
  await Promise.all(Array.from({ length: 1_300 }, (_, n) => events.append('ada', { name: String(n) })))
  const many = await t.redis.hkeys(waiting)
  expect(many.length).toBeGreaterThanOrEqual(1_000)
  expect(many.length).toBeLessThanOrEqual(1_100) // a hundred are removed at a time
  const names = (await pendingEvents()).map((event) => (event.kind === 'noted' ? event.name : ''))
  expect(names).toEqual(Array.from({ length: 100 }, (_, n) => String(1_300 - many.length + n)))
  for (let n = 0; n < 150; n += 1)
    await t.store.rotate(token, { credentialChange: true, event: { name: 'password-change' } })
  expect(await t.redis.hlen(waiting)).toBeLessThanOrEqual(1_100)
})

describe('taking events', () => {
  test('in batches, in order, and each only once', async () => {
    for (let n = 0; n < 205; n += 1) await events.append('ada', { name: String(n) })
    const names: unknown[] = []
    let after: string | undefined
    for (let batches = 0; batches < 10; batches += 1) {
      const { events: batch, last } = await events.read(ada, after)
      names.push(...batch.map((event) => (event.kind === 'noted' ? event.name : '')))
      await events.acknowledge(
        ada,
        batch.map(({ id }) => id),
      )
      await events.acknowledge(
        ada,
        batch.map(({ id }) => id),
      ) // as another server does at the same moment
      if (last === null) break
      after = last
    }
    expect(names).toEqual(Array.from({ length: 205 }, (_, n) => String(n)))
    expect(await pendingEvents()).toEqual([])
  })

  test('ids compare as text in the order of events, and are not given out again', async () => {
    const given = new Set<string>()
    for (let round = 0; round < 5; round += 1) {
      for (let n = 0; n < 30; n += 1) await events.append('ada', { name: String(n) })
      const { events: found } = await events.read(ada)
      expect(found.map((event) => (event.kind === 'noted' ? event.name : ''))).toEqual(
        Array.from({ length: 30 }, (_, n) => String(n)),
      )
      for (const { id } of found) given.add(id)
      await events.acknowledge(
        ada,
        found.map(({ id }) => id),
      )
    }
    expect(given.size).toBe(150)
  })

  test('an id that is taken, as after a clock went back, is left to its event', async () => {
    const source = bundleScript('revoke-all').replace("redis.call('TIME')", "{ '5', '7' }")
    for (let round = 0; round < 2; round += 1) {
      for (let n = 0; n < 3; n += 1) await t.signIn()
      await t.redis.eval(source, 2, `user:{${ada}}:sessions`, waiting, t.clock.now, '', '', '', '')
    }
    const { events: found } = await events.read(ada)
    const dated = found.filter(({ id }) => id.startsWith('000000000005000-'))
    expect(dated.map(({ kind }) => kind)).toEqual(Array.from({ length: 6 }, () => 'ended'))
  })

  test('nothing is left once all are acknowledged', async () => {
    await events.append('ada', { name: 'one' })
    await events.append('ada', { name: 'two' })
    const ids = (await events.read(ada)).events.map(({ id }) => id)
    await events.acknowledge(ada, ids.slice(0, 1))
    expect(await t.redis.pttl(waiting)).toBeGreaterThan(60_000)
    await events.acknowledge(ada, ids)
    expect(await t.redis.exists(waiting)).toBe(0)
  })

  test('whose events wait is found by a scan', async () => {
    const users = Array.from({ length: 30 }, (_, n) => `user ${n}`)
    for (const user of users) await t.signIn(user)
    const found = new Set<string>()
    for await (const userTag of events.pendingUsers()) found.add(userTag)
    expect([...found].toSorted()).toEqual(users.map(userTagOf).toSorted())
  })

  test.each(['', 'garbled', '[]', '{"kind":"of a later version"}', '{"kind":"ended","session":7}'])(
    'one that cannot be read, such as %j, is reported and stays',
    async (event) => {
      const id = '000000000005000-000000'
      await t.redis.hset(waiting, id, event)
      await events.append('ada', { name: 'after it' })
      expect(await pendingEvents()).toMatchObject([{ name: 'after it' }])
      expect(warned).toEqual([{ key: waiting, id }])
      expect(await t.redis.hlen(waiting)).toBe(2)
    },
  )
})

test('events hold no secret', async () => {
  const { token, session } = await t.signIn('ada', { data: { a: 1 } })
  const rotated = await t.store.rotate(token, { credentialChange: true, event: { name: 'password-change' } })
  await t.store.revokeAll('ada', { by: session.id })
  const bytes = JSON.stringify(await t.redis.hgetall(waiting))
  for (const one of [token, rotated?.token ?? '']) expect(bytes).not.toContain(one.slice(38))
  expect(bytes).not.toContain(Buffer.from(token.slice(38), 'base64url').toString('latin1'))
})
