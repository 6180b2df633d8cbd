/* oxlint-disable max-lines -- One store serves all of it, on each backend in turn; a second file would start each again. */
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  createSessionExport,
  createSessionImport,
  defaultTimeouts,
  IMPORTED_FROM,
  MAX_REVOKED_IDS,
  newSessionToken,
  secretHashIn,
} from '../src/index.js'
import { decodeRecord, encodeDetails, encodeRecord, offsets } from '../src/record/record.js'
import { isSessionId, userTagOf } from '../src/record/token.js'
import { startContractStore, timeAfter } from './helpers.js'

// The contract of the store, in one file: each file of the contract starts servers of its own on every backend.

let t: Awaited<ReturnType<typeof startContractStore>>
beforeAll(async () => {
  t = await startContractStore({ maxSessionsPerUser: 5 })
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(async () => {
  await t.flush()
  t.clock.now = Date.UTC(2030, 0, 1)
})

const { idle, absolute, touchInterval } = defaultTimeouts
const ids = async (userId = 'ada') => (await t.store.list(userId)).map(({ id }) => id)

describe('create and validate', () => {
  test('a token signs in as the session it was made for', async () => {
    const { token, session } = await t.signIn('ada', {
      ipAddress: '203.0.113.9',
      userAgent: 'Firefox',
      data: { theme: 'dark', list: [], nested: {} },
    })
    expect(token).toMatch(/^[A-Za-z0-9_-]{81}$/)
    expect(token.slice(22, 38)).toBe(session.id)
    expect(await t.store.validate(token)).toEqual(session)
    expect(session).toEqual({
      id: session.id,
      userId: 'ada',
      createdAt: new Date(t.clock.now),
      lastSeenAt: new Date(t.clock.now),
      authenticatedAt: new Date(t.clock.now),
      expiresAt: new Date(t.clock.now + idle),
      ipAddress: '203.0.113.9',
      userAgent: 'Firefox',
      data: { theme: 'dark', list: [], nested: {} },
    })
  })

  test('a token that was made before its session signs in once there is one', async () => {
    const token = newSessionToken('ada')
    expect(await t.store.validate(token)).toBeNull()
    await expect(t.store.create({ userId: 'bob', token })).rejects.toThrow(RangeError)
    const created = await t.store.create({ userId: 'ada', token })
    expect(created?.token).toBe(token)
    expect(await t.store.validate(token)).toEqual(created?.session)
    const renewed = await t.store.create({ userId: 'ada', inPlaceOf: token, token: newSessionToken('ada') })
    expect([renewed?.session.id, await ids()]).toEqual([created?.session.id, [created?.session.id]])
  })

  test('a token is to be used once: the store does not know that its session was revoked', async () => {
    const { token, session } = await t.signIn()
    await t.store.revoke('ada', session.id)
    expect(await t.store.validate(token)).toBeNull()
    await t.store.create({ userId: 'ada', token })
    expect(await t.store.validate(token)).toMatchObject({ id: session.id })
  })

  test('anything but the exact token is null', async () => {
    const { token } = await t.signIn()
    const other = await t.signIn('bob')
    const flip = (at: number) => token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
    const forged = [...Array(81).keys()].map(flip)
    const crossed = [token.slice(0, 22) + other.token.slice(22), token.slice(0, 38) + other.token.slice(38)]
    for (const bad of ['', 'x', `${token}A`, token.slice(0, 80), token.replace(/.$/, '='), ...forged, ...crossed]) {
      expect(await t.store.validate(bad), bad).toBeNull()
    }
    expect(await t.store.validate(token)).not.toBeNull()
  })

  test('neither the token nor its secret is in Redis', async () => {
    const { token } = await t.signIn()
    const [key = ''] = await t.keys()
    const stored = Object.values(await t.redis.hgetallBuffer(key)).map((bytes) => bytes.toString('latin1'))
    const secret = token.slice(38)
    for (const form of [secret, Buffer.from(secret, 'base64url').toString('latin1')]) {
      expect(stored.join('')).not.toContain(form)
    }
  })

  test('the key says nothing about the user and expires with the last session', async () => {
    await t.signIn('ada@example.org')
    const [key = ''] = await t.keys()
    expect(key).toMatch(/^user:\{[A-Za-z0-9_-]{22}\}:sessions$/)
    expect(await t.redis.pttl(key)).toBeGreaterThan(idle - 60_000)
    expect(await t.redis.pttl(key)).toBeLessThanOrEqual(idle)
  })

  test('a session may end earlier than the timeouts say, never later', async () => {
    const short = await t.signIn('ada', { endsBy: new Date(t.clock.now + 1_000) })
    const long = await t.signIn('ada', { endsBy: new Date(t.clock.now + 10 * absolute) })
    expect(short.session.expiresAt).toEqual(new Date(t.clock.now + 1_000))
    expect(long.session.expiresAt).toEqual(new Date(t.clock.now + idle))
    t.clock.now += 999
    expect(await t.store.validate(short.token)).not.toBeNull()
    t.clock.now += 1
    expect(await t.store.validate(short.token)).toBeNull()
  })
})

describe('deadlines are arithmetic', () => {
  test('the idle deadline ends a session to the millisecond, however long Redis keeps the key', async () => {
    const { token } = await t.signIn()
    t.clock.now += idle - 1
    expect(await t.store.validate(token)).not.toBeNull()
    t.clock.now += 1
    expect(await t.store.validate(token)).toBeNull()
    expect(await ids()).toEqual([])
    expect(await t.store.count('ada')).toBe(0)
  })

  test('a touch moves the idle deadline, up to the absolute one', async () => {
    let { token, session } = await t.signIn()
    const createdAt = t.clock.now
    for (;;) {
      t.clock.now += idle - 1
      if (t.clock.now >= createdAt + absolute) break
      const seen = await t.store.validate(token)
      expect(seen).not.toBeNull()
      if (seen === null) break
      session = seen
      expect(await t.store.touch(session)).toBe(true)
    }
    t.clock.now = createdAt + absolute - 1
    expect((await t.store.validate(token))?.expiresAt).toEqual(new Date(createdAt + absolute))
    t.clock.now = createdAt + absolute
    expect(await t.store.validate(token)).toBeNull()
  })

  test('touch writes at most once in an interval', async () => {
    const { token, session } = await t.signIn()
    t.clock.now += touchInterval - 1
    expect(await t.store.touch(session)).toBe(false)
    t.clock.now += 1
    expect(await Promise.all([t.store.touch(session), t.store.touch(session)])).toEqual([true, false])
    expect((await t.store.validate(token))?.lastSeenAt).toEqual(new Date(t.clock.now))
  })

  test('touch keeps the key for as long as the session', async () => {
    const { session } = await t.signIn()
    const [key = ''] = await t.keys()
    await t.redis.pexpire(key, 5_000)
    t.clock.now += touchInterval
    await t.store.touch(session)
    expect(await t.redis.pttl(key)).toBeGreaterThan(idle - 60_000)
    expect(await t.redis.pttl(key)).toBeLessThanOrEqual(idle)
  })
})

describe('update and rotate', () => {
  test('update merges data and leaves the rest alone', async () => {
    const { token, session } = await t.signIn('ada', { data: { a: 1, b: 1 } })
    expect(await t.store.update(token, { b: 2, c: [] })).toEqual({ ...session, data: { a: 1, b: 2, c: [] } })
    expect(await t.store.validate(token)).toEqual({ ...session, data: { a: 1, b: 2, c: [] } })
  })

  test('concurrent updates lose nothing', async () => {
    const { token } = await t.signIn()
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => t.store.update(token, { [name]: true })))
    expect((await t.store.validate(token))?.data).toEqual({ a: true, b: true, c: true, d: true })
  })

  test('update finds a listed session by its id, and none of another user or that has ended', async () => {
    const { session } = await t.signIn('ada', { data: { a: 1 } })
    expect(await t.store.update(session, { b: 2 })).toEqual({ ...session, data: { a: 1, b: 2 } })
    expect(await t.store.update({ userId: 'bob', id: session.id }, { b: 3 })).toBeNull()
    expect(await t.store.update({ userId: 'ada', id: '!notBefore' }, { b: 3 })).toBeNull()
    expect(await t.store.list('ada')).toEqual([{ ...session, data: { a: 1, b: 2 } }])
    await t.store.revoke('ada', session.id)
    expect(await t.store.update(session, { b: 4 })).toBeNull()
    expect(await t.store.list('ada')).toEqual([])
  })

  test('updates of one session by token and by id lose nothing, while its secret changes', async () => {
    const { token, session } = await t.signIn()
    const [, , rotated] = await Promise.all([
      t.store.update(session, { a: true }),
      t.store.update(token, { b: true }),
      t.store.rotate(token),
      t.store.update(session, { c: true }),
    ])
    expect((await t.store.validate(rotated?.token ?? ''))?.data).toMatchObject({ a: true, c: true })
  })

  test('a session created in place of another one keeps its id, and the other token is dead', async () => {
    const { token, session } = await t.signIn('ada', { data: { a: 1 } })
    await t.signIn('ada')
    t.clock.now += 60_000
    const renewed = await t.store.create({ userId: 'ada', data: { b: 2 }, inPlaceOf: token })
    const now = new Date(t.clock.now)
    expect(renewed?.session).toMatchObject({ id: session.id, createdAt: now, authenticatedAt: now, data: { b: 2 } })
    expect(await t.store.validate(token)).toBeNull()
    expect(await t.store.validate(renewed?.token ?? '')).toEqual(renewed?.session)
    expect(await t.store.count('ada')).toBe(2)
  })

  test('a session takes no place of one that has ended, was rotated, or is of another user', async () => {
    const { token, session } = await t.signIn('ada')
    const rotated = await t.store.rotate(token)
    const other = await t.signIn('bob')
    const ended = await t.signIn('ada')
    await t.store.revoke('ada', ended.session.id)
    for (const inPlaceOf of [token, other.token, ended.token, 'garbled']) {
      const created = await t.store.create({ userId: 'ada', inPlaceOf })
      expect([session.id, other.session.id, ended.session.id]).not.toContain(created?.session.id)
      expect(await t.store.validate(created?.token ?? '')).not.toBeNull()
    }
    expect(await t.store.validate(rotated?.token ?? '')).not.toBeNull()
    expect(await t.store.validate(other.token)).not.toBeNull()
    const startedAt = await t.store.time()
    const last = await t.store.rotate(rotated?.token ?? '', { credentialChange: true })
    expect(await t.store.create({ userId: 'ada', startedAt, inPlaceOf: last?.token ?? '' })).toBeNull()
    expect(await t.store.validate(last?.token ?? '')).not.toBeNull()
  })

  test('at the cap, a session in place of another one revokes none', async () => {
    const first = await t.signIn()
    for (let others = 1; others < 5; others += 1) {
      t.clock.now += 1
      await t.signIn()
    }
    const renewed = await t.store.create({ userId: 'ada', inPlaceOf: first.token })
    expect(renewed?.session.id).toBe(first.session.id)
    expect(await ids()).toHaveLength(5)
  })

  test('rotate merges data with the new secret, even if the data changes at the same moment', async () => {
    const { token, session } = await t.signIn('ada', { data: { a: 1, b: 1 } })
    const rotations = [t.store.rotate(token, { data: { b: 2 } }), t.store.update(session, { a: 2 })] as const
    const [rotated] = await Promise.all(rotations)
    const found = await t.store.validate(rotated?.token ?? '')
    expect(found).toMatchObject({ id: session.id, data: { a: 2, b: 2 } })
    expect(await t.store.rotate(token, { data: { b: 3 } })).toBeNull()
    const again = await Promise.all([
      t.store.update(session, { a: 3 }),
      t.store.rotate(rotated?.token ?? '', { data: { b: 3 } }),
    ])
    expect((await t.store.validate(again[1]?.token ?? ''))?.data).toMatchObject({ a: 3, b: 3 })
  })

  test('rotate keeps the session and kills the old token', async () => {
    const { token, session } = await t.signIn()
    const rotated = await t.store.rotate(token)
    expect(rotated?.revoked).toBe(0)
    expect(await t.store.validate(token)).toBeNull()
    expect(await t.store.validate(rotated?.token ?? '')).toEqual(session)
    expect(await t.store.rotate(token)).toBeNull()
    expect(await t.store.update(token, { a: 1 })).toBeNull()
    expect(await t.store.revokeOthers(token)).toBeNull()
  })

  test('what proves again who somebody is says when', async () => {
    const { token, session } = await t.signIn()
    const signedInAt = session.authenticatedAt
    t.clock.now += 10
    const rotated = (await t.store.rotate(token))?.token ?? ''
    expect((await t.store.validate(rotated))?.authenticatedAt).toEqual(signedInAt)
    const proved = (await t.store.rotate(rotated, { reauthenticated: true }))?.token ?? ''
    expect((await t.store.validate(proved))?.authenticatedAt).toEqual(new Date(t.clock.now))
    t.clock.now += 10
    const changed = (await t.store.rotate(proved, { credentialChange: true }))?.token ?? ''
    expect((await t.store.validate(changed))?.authenticatedAt).toEqual(new Date(t.clock.now))
    t.clock.now += touchInterval
    await t.store.touch(session)
    await t.store.update(changed, { a: 1 })
    expect((await t.store.validate(changed))?.authenticatedAt).toEqual(new Date(t.clock.now - touchInterval))
  })

  test('of two rotations at once exactly one wins', async () => {
    const { token } = await t.signIn()
    const outcomes = await Promise.all([t.store.rotate(token), t.store.rotate(token)])
    expect(outcomes.filter((outcome) => outcome !== null)).toHaveLength(1)
  })

  test('rotate as a credential change ends the others and refuses sign-ins that began before', async () => {
    const { token, session } = await t.signIn()
    const other = await t.signIn()
    const startedAt = await t.store.time()
    const rotated = await t.store.rotate(token, { credentialChange: true })
    expect(rotated?.revoked).toBe(1)
    expect(await ids()).toEqual([session.id])
    expect(await t.store.validate(other.token)).toBeNull()
    const [key = ''] = await t.keys()
    const watermark = Number(await t.redis.hget(key, '!notBefore'))
    expect(await t.store.create({ userId: 'ada', startedAt })).toBeNull()
    expect(await t.store.create({ userId: 'ada', startedAt: new Date(watermark) })).toBeNull()
    expect(await t.store.create({ userId: 'ada', startedAt: new Date(watermark + 1) })).not.toBeNull()
  })
})

test('a text that is no token changes nothing, and is no error', async () => {
  const { session } = await t.signIn()
  for (const text of ['', 'x', 'x'.repeat(80), `${'x'.repeat(80)}=`]) {
    expect(await t.store.rotate(text, { credentialChange: true })).toBeNull()
    expect(await t.store.update(text, { a: 1 })).toBeNull()
    expect(await t.store.revokeOthers(text)).toBeNull()
  }
  expect(await t.store.list('ada')).toEqual([session])
})

describe('list', () => {
  test('shows exactly what signs in, latest seen first', async () => {
    const first = await t.signIn()
    t.clock.now += touchInterval
    const second = await t.signIn()
    t.clock.now += touchInterval
    await t.store.touch(first.session)
    await t.signIn('bob')
    expect(await ids()).toEqual([first.session.id, second.session.id])
    expect(await t.store.list('nobody')).toEqual([])
    expect(await t.store.count('ada')).toBe(2)
  })
})

describe('revoke', () => {
  test('ends that session for the next validation', async () => {
    const [a, b] = [await t.signIn(), await t.signIn()]
    expect(await t.store.revoke('ada', a.session.id)).toBe(1)
    expect(await t.store.validate(a.token)).toBeNull()
    expect(await t.store.validate(b.token)).not.toBeNull()
    expect(await t.store.revoke('ada', a.session.id)).toBe(0)
  })

  test("another user's id answers like an unknown one", async () => {
    const bob = await t.signIn('bob')
    expect(await t.store.revoke('ada', bob.session.id)).toBe(0)
    expect(await t.store.validate(bob.token)).not.toBeNull()
  })

  test('the watermark is not a session: it cannot be revoked, listed or signed in with, and nothing warns of it', async () => {
    const startedAt = await t.store.time()
    await t.store.revokeAll('ada', { credentialChange: true })
    expect(isSessionId('!notBefore')).toBe(false)
    const stop = t.store.onRevoked(() => undefined)
    expect(await t.store.revoke('ada', '!notBefore')).toBe(0)
    stop()
    expect(await ids()).toEqual([])
    expect(t.warnings.map(({ details }) => details)).not.toContainEqual(
      expect.objectContaining({ sessionId: '!notBefore' }),
    )
    expect(await t.store.create({ userId: 'ada', startedAt })).toBeNull()
  })

  test('many: those of the user in one step, and no others', async () => {
    const [a, b, c] = [await t.signIn(), await t.signIn(), await t.signIn()]
    const bob = await t.signIn('bob')
    const chosen = [a.session.id, b.session.id, b.session.id, bob.session.id, '!notBefore', 'A'.repeat(16)]
    expect(await t.store.revokeMany('ada', chosen)).toBe(2)
    expect(await ids()).toEqual([c.session.id])
    expect(await t.store.validate(bob.token)).not.toBeNull()
    expect(await t.store.revokeMany('ada', chosen)).toBe(0)
    expect(await t.store.revokeMany('ada', [])).toBe(0)
  })

  test('many: at most 500 ids, or nothing is done', async () => {
    const { token, session } = await t.signIn()
    const unknown = Array.from({ length: MAX_REVOKED_IDS }, () => 'A'.repeat(16))
    await expect(t.store.revokeMany('ada', [session.id, ...unknown])).rejects.toBeInstanceOf(RangeError)
    expect(await t.store.validate(token)).not.toBeNull()
    expect(await t.store.revokeMany('ada', [session.id, ...unknown.slice(1)])).toBe(1)
  })

  test('others: all but the calling one', async () => {
    const [a, b, c] = [await t.signIn(), await t.signIn(), await t.signIn()]
    const bob = await t.signIn('bob')
    expect(await t.store.revokeOthers(b.token)).toBe(2)
    expect(await ids()).toEqual([b.session.id])
    for (const { token } of [a, c]) expect(await t.store.validate(token)).toBeNull()
    expect(await t.store.validate(bob.token)).not.toBeNull()
  })

  test('others, by one that is alone: none, which is not the answer to one that has ended', async () => {
    const { token } = await t.signIn()
    expect(await t.store.revokeOthers(token)).toBe(0)
    expect(await t.store.validate(token)).not.toBeNull()
  })

  test('others, by a session that has ended, ends nothing', async () => {
    const [a, b] = [await t.signIn(), await t.signIn()]
    await t.store.revoke('ada', a.session.id)
    expect(await t.store.revokeOthers(a.token)).toBeNull()
    expect(await t.store.validate(b.token)).not.toBeNull()
  })

  test('others, by two sessions at once, leaves exactly one', async () => {
    const [a, b] = [await t.signIn(), await t.signIn()]
    const outcomes = await Promise.all([t.store.revokeOthers(a.token), t.store.revokeOthers(b.token)])
    expect(outcomes.toSorted()).toEqual([1, null])
    expect(await t.store.count('ada')).toBe(1)
  })

  test('all: every one, and the count has only what was live', async () => {
    await t.signIn('ada', { endsBy: new Date(t.clock.now + 1) })
    t.clock.now += 1
    const sessions = [await t.signIn(), await t.signIn()]
    expect(await t.store.revokeAll('ada')).toBe(2)
    for (const { token } of sessions) expect(await t.store.validate(token)).toBeNull()
    expect(await t.store.revokeAll('ada')).toBe(0)
    expect(await t.keys()).toEqual([])
  })

  test('all, as a credential change: a sign-in that began earlier creates nothing, whatever follows', async () => {
    const startedAt = await t.store.time()
    await t.store.revokeAll('ada', { credentialChange: true })
    await t.store.revokeAll('ada')
    expect(await t.store.create({ userId: 'ada', startedAt })).toBeNull()
    expect(await t.store.create({ userId: 'ada', startedAt: await timeAfter(t.store) })).not.toBeNull()
    expect(await t.store.create({ userId: 'ada' })).not.toBeNull() // it begins with this call
  })

  test('the watermark does not outlive its use', async () => {
    await t.store.revokeAll('ada', { credentialChange: true })
    const [key = ''] = await t.keys()
    const life = await t.redis.pttl(key)
    expect(life).toBeGreaterThan(60_000)
    expect(life).toBeLessThanOrEqual(24 * 60 * 60 * 1_000)
  })
})

describe('the cap', () => {
  test('the session that has been idle for longest makes room', async () => {
    const sessions = []
    for (let n = 0; n < 5; n += 1) {
      sessions.push(await t.signIn())
      t.clock.now += touchInterval
    }
    const [first, second] = sessions
    if (first === undefined || second === undefined) throw new Error('unreachable')
    await t.store.touch(first.session)
    await t.signIn()
    expect(await t.store.count('ada')).toBe(5)
    expect(await t.store.validate(first.token)).not.toBeNull()
    expect(await t.store.validate(second.token)).toBeNull()
  })

  test('concurrent sign-ins leave exactly the cap', async () => {
    await Promise.all(Array.from({ length: 12 }, () => t.signIn()))
    expect(await t.store.count('ada')).toBe(5)
  })

  test('one concurrent sign-in more than the default cap of 100 leaves exactly 100, beside a watermark too', async () => {
    const { createSessionStore } = await import('../src/index.js')
    const store = createSessionStore({ redis: t.redis, clock: () => t.clock.now })
    await store.revokeAll('ada', { credentialChange: true })
    t.clock.now += 1
    const created = await Promise.all(Array.from({ length: 101 }, () => store.create({ userId: 'ada' })))
    const signingIn = await Promise.all(created.map((one) => store.validate(one?.token ?? '')))
    expect(signingIn.filter((session) => session !== null)).toHaveLength(100)
    expect(await store.count('ada')).toBe(100)
    const [key = ''] = await t.keys()
    expect(await t.redis.hlen(key)).toBe(101) // the watermark is one
  })

  test('beside a watermark and what cannot be read, nobody makes room before the cap is reached', async () => {
    await t.store.revokeAll('ada', { credentialChange: true })
    t.clock.now += 1
    const first = await t.signIn()
    const [key = ''] = await t.keys()
    await t.redis.hset(key, 'AAAAAAAAAAAAAAAA', 'no record', 'BBBBBBBBBBBBBBBB', '')
    for (let n = 1; n < 5; n += 1) await t.signIn()
    expect(await t.store.validate(first.token)).not.toBeNull()
    expect(await t.store.count('ada')).toBe(5)
    t.clock.now += 1
    await t.signIn()
    expect(await t.store.count('ada')).toBe(5)
  })

  test('may be one: a sign-in ends the earlier session', async () => {
    const { createSessionStore } = await import('../src/index.js')
    const store = createSessionStore({ redis: t.redis, clock: () => t.clock.now, maxSessionsPerUser: 1 })
    const first = await store.create({ userId: 'ada' })
    t.clock.now += 1
    const second = await store.create({ userId: 'ada' })
    expect(await store.validate(first?.token ?? '')).toBeNull()
    expect(await store.validate(second?.token ?? '')).not.toBeNull()
  })

  test('expired sessions go first', async () => {
    const kept = await t.signIn() // first: it keeps the key, which Redis would otherwise tidy away within a millisecond
    for (let n = 0; n < 4; n += 1) await t.signIn('ada', { endsBy: new Date(t.clock.now + 1) })
    t.clock.now += 1
    await t.signIn()
    expect(await t.store.validate(kept.token)).not.toBeNull()
    const [key = ''] = await t.keys()
    expect(await t.redis.hlen(key)).toBe(2)
  })
})

test.each([
  { userId: 'a', ipAddress: '', userAgent: '' },
  { userId: '\u0000', ipAddress: null, userAgent: '{}' },
  { userId: 'Ωmega 🦊', ipAddress: '2001:db8::1', userAgent: 'é'.repeat(50_000), data: { é: [1, null] } },
])('a session is read as it was written, whatever its texts are', async (session) => {
  const { token, session: created } = await t.signIn(session.userId, session)
  expect(created).toMatchObject(session)
  expect(await t.store.validate(token)).toEqual(created)
  expect(await t.store.update(token, { more: 1 })).toEqual({ ...created, data: { ...created.data, more: 1 } })
})

test('a text that is too long is refused, not cut', async () => {
  await expect(t.store.create({ userId: 'ada', userAgent: 'x'.repeat(60_000) })).rejects.toThrow(RangeError)
})

test('no bytes at all make reading them throw', () => {
  const record = encodeRecord({
    secretHash: '\0'.repeat(32),
    createdAt: 1,
    lastSeenAt: 1,
    idleDeadline: 1,
    absoluteDeadline: 1,
    authenticatedAt: 1,
    userId: 'ada',
    ipAddress: null,
    userAgent: 'Firefox',
    data: { a: 1 },
  })
  fc.assert(
    fc.property(fc.nat(record.length), fc.nat(record.length), fc.uint8Array(), (from, to, noise) => {
      decodeRecord(Buffer.concat([record.subarray(0, from), noise, record.subarray(to)]))
    }),
  )
})

describe('bytes that are no record of ours', () => {
  const head = Buffer.alloc(offsets.details - 1, 255)
  const withDetails = (text: string) => Buffer.concat([Buffer.from([1]), head, Buffer.from(text)])
  const foreign = {
    empty: '',
    text: 'hello',
    'a later version': Buffer.concat([
      Buffer.from([2]),
      head,
      encodeDetails({ userId: 'ada', ipAddress: null, userAgent: null, data: {} }),
    ]),
    'a head without details': Buffer.concat([Buffer.from([1]), head]),
    'details that are cut short': withDetails('\u0004\u0000\u0002ada'),
    'details that are all lengths': withDetails('\u0004\u0000'),
    'details of nobody': withDetails('\u0000\u0000\u0000'),
    'details that are no text': Buffer.concat([withDetails(''), Buffer.alloc(20, 255)]),
    'details whose data are not JSON': withDetails('\u0004\u0000\u0000ada{'),
    'details whose data are of another shape': withDetails('\u0004\u0000\u0000ada[]'),
  }

  test.each(Object.entries(foreign))(
    '%s: that session is invalid, the rest works, and it is reported once',
    async (name, bytes) => {
      const [broken, sound] = [await t.signIn(), await t.signIn()]
      const [key = ''] = await t.keys()
      await t.redis.hset(key, broken.session.id, bytes)
      t.warnings.length = 0

      expect(await t.store.validate(broken.token)).toBeNull()
      expect(await t.store.validate(broken.token)).toBeNull()
      expect(await ids()).toEqual([sound.session.id])
      expect(t.warnings).toEqual([{ message: expect.any(String), details: { key, sessionId: broken.session.id } }])

      t.clock.now += touchInterval
      expect(await t.store.touch(broken.session)).toBe(false)
      expect(await t.store.rotate(broken.token)).toBeNull()
      expect(await t.store.update(broken.token, {})).toBeNull()
      expect(await t.store.revokeOthers(broken.token)).toBeNull()
      await t.signIn()
      // The scripts read the head alone: with its details damaged, a record still counts among what ended.
      expect(await t.store.revokeAll('ada')).toBe(name.startsWith('details') ? 3 : 2)
      expect(await t.keys()).toEqual([])
    },
  )
})

describe('a watermark that is no time', () => {
  test.each(['', 'nan', '-nan', 'inf', '1e400', '0x7fffffffffff', '-1', ' 1', '\u0000'])(
    '%j counts as none, and the next credential change replaces it',
    async (bytes) => {
      const { token } = await t.signIn()
      const beforehand = await t.store.time()
      const [key = ''] = await t.keys()
      await t.redis.hset(key, '!notBefore', bytes)
      await t.signIn('ada', { startedAt: beforehand })
      expect(await t.store.rotate(token, { credentialChange: true })).toMatchObject({ revoked: 1 })
      expect(await t.redis.hget(key, '!notBefore')).toMatch(/^\d{13}$/)
      expect(await t.store.create({ userId: 'ada', startedAt: beforehand })).toBeNull()
    },
  )
})

describe('settings that cannot be', () => {
  test.each([
    [{ timeouts: { idle: 0 } }, /timeouts\.idle/],
    [{ timeouts: { idle: 1.5 } }, /timeouts\.idle/],
    [{ timeouts: { absolute: 1_000 } }, /timeouts\.idle/],
    [{ timeouts: { touchInterval: idle } }, /timeouts\.touchInterval/],
    [{ maxSessionsPerUser: 0 }, /maxSessionsPerUser/],
  ])('%o is refused by name', async (options, message) => {
    const { createSessionStore } = await import('../src/index.js')
    expect(() => createSessionStore({ redis: t.redis, ...options })).toThrow(message)
  })

  test('a key prefix goes before the key', async () => {
    const { createSessionStore } = await import('../src/index.js')
    const store = createSessionStore({ redis: t.redis, keyPrefix: 'app:' })
    await store.create({ userId: 'ada' })
    expect(await t.keys()).toEqual([expect.stringMatching(/^app:user:\{/)])
    expect(await store.count('ada')).toBe(1)
    expect(await t.store.count('ada')).toBe(0)
  })
})

describe('the import of a session of another store', () => {
  const DAY = 24 * 60 * 60 * 1000
  const earlier = (token: string, more: object = {}) => ({
    token,
    userId: 'ada',
    createdAt: new Date(t.clock.now - DAY),
    lastSeenAt: new Date(t.clock.now - 120_000),
    expiresAt: new Date(t.clock.now + DAY),
    isProlonged: true,
    ipAddress: '203.0.113.9',
    userAgent: 'Firefox',
    data: { theme: 'dark' },
    ...more,
  })
  const sessionImport = () => createSessionImport({ redis: t.redis, clock: () => t.clock.now })

  test('adds it with its times, under a token that only the earlier one leads to', async () => {
    const imports = sessionImport()
    expect(await imports.add([earlier('one'), earlier('two', { userId: 'bob' })])).toEqual(['imported', 'imported'])
    const token = (await imports.tokenOf('one')) ?? ''
    const session = await t.store.validate(token)
    expect(session).toMatchObject({
      userId: 'ada',
      createdAt: new Date(t.clock.now - DAY),
      authenticatedAt: new Date(t.clock.now - DAY),
      lastSeenAt: new Date(t.clock.now - 120_000),
      expiresAt: new Date(t.clock.now + DAY),
      ipAddress: '203.0.113.9',
      userAgent: 'Firefox',
      data: { theme: 'dark' },
    })
    expect(await ids()).toEqual([session?.id])
    expect(await imports.tokenOf('three')).toBeNull()
    for (const key of await t.keys()) expect(key).not.toContain('one')
    await imports.forget(String(session?.data[IMPORTED_FROM]))
    expect(await imports.tokenOf('one')).toBeNull()
    expect(await t.store.validate(token)).not.toBeNull()
  })

  test('adds it once, however often it is tried: after it was revoked, nothing brings it back', async () => {
    const imports = sessionImport()
    expect(await imports.add([earlier('one')])).toEqual(['imported'])
    const token = await imports.tokenOf('one')
    expect(await sessionImport().add([earlier('one')])).toEqual(['known'])
    expect(await sessionImport().tokenOf('one')).toBe(token)
    await t.store.revokeAll('ada')
    expect(await imports.add([earlier('one')])).toEqual(['known'])
    expect(await ids()).toEqual([])
  })

  test('adds nothing if the credentials have changed since, or if it has expired', async () => {
    await t.store.revokeAll('ada', { credentialChange: true })
    const now = (await t.store.time()).getTime()
    t.clock.now = now
    const imports = sessionImport()
    expect(await imports.add([earlier('one'), earlier('late', { expiresAt: new Date(now) })])).toEqual([
      'superseded',
      'expired',
    ])
    expect(await ids()).toEqual([])
  })

  test('refuses bad input as that, not as an outage, and adds nothing that comes with it', async () => {
    const imports = sessionImport()
    for (const bad of [{ userAgent: 'x'.repeat(60_000) }, { createdAt: new Date(-1) }])
      await expect(imports.add([earlier('one'), earlier('two', bad)])).rejects.toBeInstanceOf(RangeError)
    expect(await ids()).toEqual([])
    expect(await imports.tokenOf('one')).toBeNull()
  })

  test('leaves an absolute deadline where it was, or puts one after its creation', async () => {
    const imports = sessionImport()
    const long = 2 * absolute
    await imports.add([
      earlier('short', { isProlonged: false }),
      earlier('usual', { userId: 'bob' }),
      earlier('old', { userId: 'eve', createdAt: new Date(t.clock.now - long) }),
    ])
    const deadlineAfterUse = async (userId: string) => {
      const [session] = await t.store.list(userId)
      if (session) await t.store.touch({ ...session, lastSeenAt: new Date(0) })
      return (await t.store.list(userId))[0]?.expiresAt.getTime()
    }
    expect(await deadlineAfterUse('ada')).toBe(t.clock.now + DAY)
    expect(await deadlineAfterUse('bob')).toBe(t.clock.now + idle)
    expect(await deadlineAfterUse('eve')).toBe(t.clock.now + DAY)
  })
})

describe('export', () => {
  const sessionExport = () => createSessionExport({ redis: t.redis, clock: () => t.clock.now })

  async function everything() {
    const batches = []
    for await (const batch of sessionExport().batches()) batches.push(batch)
    return batches.flat()
  }

  test('gives every live session with the hash of its secret, and no other', async () => {
    const late = await t.signIn('late')
    t.clock.now += idle
    await t.store.revokeAll('gone', { credentialChange: true }) // leaves a key without a session
    const created = []
    for (let i = 0; i < 30; i += 1) created.push(await t.signIn(`user-${i % 20}`, { data: { i } }))
    const found = await everything()
    const expected = created.map(({ token, session }) => ({
      ...session,
      secretHash: secretHashIn(token),
      record: expect.any(Buffer),
    }))
    expect(new Set(found)).toEqual(new Set(expected))
    expect(found.map(({ id }) => id)).not.toContain(late.session.id)
    expect(JSON.stringify(found)).not.toContain(created[0]?.token.slice(38))
  })

  test('removes sessions, and gives those that a server has revoked or changed since, as they are now', async () => {
    const [moves, revoked] = [await t.signIn('ada'), await t.signIn('bob')]
    const [rotated, used] = [await t.signIn('bob'), await t.signIn('eve')]
    const read = await everything()
    await t.store.revoke('bob', revoked.session.id)
    const next = await t.store.rotate(rotated.token)
    t.clock.now += touchInterval
    await t.store.touch(used.session)
    const left = await sessionExport().remove(read)
    const nowOf = ({ session }: typeof moves) => [...left].find(([{ id }]) => id === session.id)?.[1]
    expect(left.size).toBe(3)
    expect([...left.keys()].every((session) => read.includes(session))).toBe(true)
    expect(nowOf(revoked)).toBeNull()
    expect(nowOf(rotated)?.secretHash).toBe(secretHashIn(next?.token ?? ''))
    expect(nowOf(used)?.lastSeenAt.getTime()).toBe(t.clock.now)
    const now = await everything()
    expect(new Set(now)).toEqual(new Set([nowOf(rotated), nowOf(used)]))
    expect(await sessionExport().remove(now)).toEqual(new Map())
    expect(await everything()).toEqual([])
  })

  test('gives no session that has expired since, or that cannot be read any more', async () => {
    const [late, broken] = [await t.signIn('late'), await t.signIn('broken')]
    const read = await everything()
    await t.store.update(late.token, { changed: true })
    await t.redis.hset(`user:{${userTagOf('broken')}}:sessions`, broken.session.id, 'no record')
    t.clock.now += idle
    expect([...(await sessionExport().remove(read)).values()]).toEqual([null, null])
  })

  test('knows the hash of no text that is no token', async () => {
    for (const text of ['', 'x', 'x'.repeat(32), 'x'.repeat(80), `${'x'.repeat(80)}.`])
      expect(secretHashIn(text)).toBeNull()
  })
})

describe('onRevoked', () => {
  test('each step that revokes calls the listener with the sessions, its cause and who asked; others do not', async () => {
    const seen: unknown[] = []
    const stop = t.store.onRevoked(({ cause, sessions, by }) => {
      seen.push({ cause, ids: sessions.map(({ id }) => id).toSorted(), by })
    })
    const fresh = async (others: number) => {
      await t.flush()
      const mine = await t.signIn('ada')
      const more = []
      for (let n = 0; n < others; n += 1) more.push(await t.signIn('ada'))
      seen.length = 0
      return { mine, more: more.map(({ session }) => session.id).toSorted(), by: mine.session.id }
    }

    let { mine, more, by } = await fresh(2)
    await t.store.touch(mine.session)
    await t.store.rotate(mine.token, { reauthenticated: true })
    await t.store.revoke('ada', 'A'.repeat(16), { by })
    await t.store.revokeMany('eve', more, { by })
    expect(seen).toEqual([])
    await t.store.revoke('ada', more[0] ?? '', { by })
    await t.store.revokeMany('ada', more, { by })
    await t.store.revokeAll('ada')
    await t.store.revokeAll('ada')
    expect(seen).toEqual([
      { cause: 'revoke', ids: [more[0]], by },
      { cause: 'revoke-many', ids: [more[1]], by },
      { cause: 'revoke-all', ids: [by], by: null },
    ])

    ;({ mine, more, by } = await fresh(2))
    await t.store.revokeOthers(mine.token)
    expect(await t.store.revokeOthers('no token')).toBeNull()
    expect(seen).toEqual([{ cause: 'revoke-others', ids: more, by }])

    ;({ mine, more, by } = await fresh(2))
    await t.store.rotate(mine.token, { credentialChange: true })
    await t.store.revokeAll('ada', { credentialChange: true, by })
    expect(seen).toEqual([
      { cause: 'credential-change', ids: more, by },
      { cause: 'credential-change', ids: [by], by },
    ])

    ;({ by } = await fresh(4))
    t.clock.now += 1
    await t.signIn('ada') // the sixth of five: one of those that are idle for as long makes room
    expect(seen).toMatchObject([{ cause: 'cap', ids: [expect.any(String)], by: null }])

    ;({ more } = await fresh(1))
    stop()
    await t.store.revokeAll('ada')
    expect(seen).toEqual([])
  })

  test('a listener that fails changes nothing, and the reply waits for one that takes its time', async () => {
    const { session } = await t.signIn('ada')
    let isDone = false
    const stops = [
      t.store.onRevoked(() => {
        throw new Error('a listener failed')
      }),
      t.store.onRevoked(async () => {
        await new Promise((resolve) => setImmediate(resolve)) // longer than the reply alone takes
        isDone = true
      }),
    ]
    expect(await t.store.revoke('ada', session.id)).toBe(1)
    expect(isDone).toBe(true)
    for (const stop of stops) stop()
  })
})
