/* oxlint-disable max-lines -- One Redis serves all of it, on a single node and on a Cluster. */
import { setImmediate } from 'node:timers/promises'
import {
  createSessionChanges,
  type SessionChange,
  SessionStoreUnavailableError,
  userTagOf,
} from '@rollcall/session-store'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import {
  countFits,
  createSessionAdmin,
  InvalidFilterError,
  type Operation,
  OperationStateError,
  OperationTakenOverError,
  UnknownOperationError,
  type UserStep,
  type UserWork,
} from '../src/index.js'
import { collect, failNext, gate, keyPrefix, startBackend, watchCalls } from './helpers.js'

let t: Awaited<ReturnType<(typeof startBackend)['single node']>>
beforeAll(async () => {
  t = await startBackend[inject('backend')]()
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(async () => {
  t.clock.ahead = 0
  await t.flush()
})

const startedBy = 'on call'
const evil = { ipAddress: '203.0.113.9' }
const good = { ipAddress: '198.51.100.7' }
/** Redis cannot decide about the first one, and decides about the second one by itself. */
const filters = [{ kind: 'unknown' as const }, { address: evil.ipAddress }]

describe('find', () => {
  test('gives each live session that the filter selects, and no other', async () => {
    const found = await t.signInMany(40, evil)
    await t.signInMany(40, good)
    await t.signIn('user-1', { ...evil, endsBy: new Date(Date.now() - 1) })
    const ids = (await collect(t.admin.find({ country: 'DE' }))).map(({ id }) => id)
    expect(ids.toSorted()).toEqual(found.map(({ session }) => session.id).toSorted())
  })

  test('with users, reads their keys and scans nothing', async () => {
    const { session } = await t.signIn('ada', evil)
    await t.signIn('ada', good)
    await t.signIn('bob', evil)
    const held = gate(t.redis, 'hgetallBuffer')
    const finding = collect(t.admin.find({ users: ['ada'], address: '203.0.113.0/24' }))
    await held.waiting
    held.open()
    expect((await finding).map(({ id }) => id)).toEqual([session.id])
  })
})

test('an operation whose start is refused fails with that and revokes nothing; it can be resumed', async () => {
  const { token, session } = await t.signIn('ada', evil)
  const refused = new Error('No row')
  const onStart = async (): Promise<void> => {
    throw refused
  }
  for (const filter of [{ users: ['ada'] }, { country: 'DE' }])
    await expect(t.admin.revoke(filter, { startedBy, onStart })).rejects.toBe(refused)
  await expect(t.admin.revokeEveryone({ startedBy, onStart })).rejects.toBe(refused)
  expect(await t.store.validate(token)).toMatchObject({ id: session.id })
  const operations = await t.admin.operations.list()
  expect(operations.map(({ state, revoked, error }) => ({ state, revoked, error }))).toEqual(
    Array.from({ length: 3 }, () => ({ state: 'failed', revoked: 0, error: 'No row' })),
  )
  const ids: string[] = []
  const resumed = await t.admin.operations.resume(operations[0]?.id ?? '', {
    onStart: async ({ id }) => void ids.push(id),
  })
  expect(resumed).toMatchObject({ state: 'done', revoked: 1 })
  expect(ids).toEqual([resumed.id])
})

test('an operation has one script on its way to a master at a time, so that validations come between', async () => {
  const scripts = ['ReadManyBuffer', 'RevokeSelectedOfMany', 'RevokeMatching', 'RevokeCreatedBefore']
  const signed = await t.signInMany(200, evil)
  const { preview, revoke, revokeEveryone } = createSessionAdmin({ redis: t.redis, keyPrefix })
  await preview(null) // adds the scripts to each node
  const commands = scripts.map((script) => `rollcall${script}`)
  const calls = t.masters().map((master) => watchCalls(master, commands))
  for (const filter of filters) {
    expect(await revoke(filter, { startedBy })).toMatchObject({ revoked: signed.length })
    await t.signInMany(200, evil)
  }
  expect(await revokeEveryone({ startedBy })).toMatchObject({ revoked: signed.length })
  for (const { stop, most } of calls) {
    stop()
    expect(most()).toBe(1)
  }
})

test('a script of an operation revokes a hundred sessions at most', async () => {
  for (const userId of ['ada', 'bob', 'eve'])
    await Promise.all(Array.from({ length: 60 }, () => t.signIn(userId, evil)))
  await t.admin.preview(null) // adds the scripts to each node
  const watched = t.masters().map((master) => watchCalls(master, ['rollcallRevokeSelectedOfMany']))
  expect(await t.admin.revoke({ country: 'DE' }, { startedBy })).toMatchObject({ revoked: 180 })
  const ids = watched.flatMap(({ stop, calls }) => {
    stop()
    return calls.map((args) => String(args.at(-1)).match(/"[\w-]{16}"/g)?.length)
  })
  expect(Math.max(...ids.map(Number))).toBe(60)
})

test('also one that Redis selects them for: a hundred, of 25 users at most', async () => {
  const users = { ada: 60, bob: 60, eve: 60, max: 101 }
  for (const [userId, count] of Object.entries(users))
    await Promise.all(Array.from({ length: count }, () => t.signIn(userId, evil)))
  await t.signInMany(200, evil)
  const { preview, revoke } = createSessionAdmin({ redis: t.redis, keyPrefix })
  await preview(null) // adds the scripts to each node
  const watched = t.masters().map((master) => watchCalls(master, ['rollcallRevokeMatching']))
  expect(await revoke({ address: '203.0.113.9' }, { startedBy })).toMatchObject({ revoked: 481 })
  const replies = watched.flatMap(({ stop, replies: found }) => {
    stop()
    return found
  })
  // An error is the reply for a user with too many.
  const revoked = replies.map((reply) => reply.map((user) => (Array.isArray(user) ? Number(user[1]) : 0)))
  const sums = revoked.map((counts) => counts.reduce((total, count) => total + count, 0))
  expect(sums.reduce((total, count) => total + count, 0)).toBe(380) // `max` is revoked alone
  expect(Math.max(...sums)).toBeLessThanOrEqual(100)
  expect(Math.max(...revoked.map((counts) => counts.filter((count) => count > 0).length))).toBe(25)
})

test('sessions that a filter cannot select do not leave Redis', async () => {
  await t.signInMany(30, evil)
  const { session } = await t.signIn('bob', good)
  await t.admin.preview(null) // adds the scripts to each node
  const watched = t.masters().map((master) => watchCalls(master, ['rollcallReadManyBuffer']))
  expect(await collect(t.admin.find({ address: `${good.ipAddress}/32` }))).toEqual([session])
  const values = watched.flatMap(({ stop, replies }) => {
    stop()
    return replies.flat(2).filter((value) => value instanceof Buffer)
  })
  expect(values).toHaveLength(2) // the field and the value of one
})

test('a preview that is to end looks at no further keys, also where none holds sessions', async () => {
  await Promise.all(Array.from({ length: 300 }, async (_, n) => t.redis.set(`${keyPrefix}other:${n}`, '1')))
  const { share } = await t.admin.preview({ kind: 'phone' }, { signal: AbortSignal.abort() })
  expect(share).toBeLessThan(1)
})

test('a preview counts what would be revoked, until it is ended early', async () => {
  const found = await t.signInMany(30, evil)
  await t.signInMany(30, good)
  const [first] = found
  const filter = { address: '203.0.113.0/24' }
  const exact = await t.admin.preview(filter, { sample: 2, keep: first?.session.id ?? '' })
  expect(exact).toMatchObject({ sessions: 29, users: 29, share: 1 })
  expect(exact.sample.map(({ ipAddress }) => ipAddress)).toEqual([evil.ipAddress, evil.ipAddress])
  expect(await t.admin.preview(null)).toMatchObject({ sessions: 60, users: 30, share: 1 })
  const about = await t.admin.preview(filter, { signal: AbortSignal.abort() })
  expect(about.share).toBeGreaterThan(0)
  expect(about.share).toBeLessThan(1)
  expect(about.sessions).toBeLessThan(30)
  expect([countFits(98, 100), countFits(102, 100), countFits(97, 100), countFits(1, 0)]).toEqual([
    true,
    true,
    false,
    false,
  ])
})

describe('revoke', () => {
  test('revokes what the filter selects, and nothing else', async () => {
    const evils = await t.signInMany(60, evil)
    const goods = await t.signInMany(60, good)
    const operation = await t.admin.revoke({ address: '203.0.113.0/24' }, { startedBy, reason: 'Unusual traffic' })
    expect(operation).toMatchObject({
      state: 'done',
      scanned: 120,
      matched: 60,
      revoked: 60,
      alreadyGone: 0,
      failed: 0,
    })
    for (const { token } of evils) expect(await t.livesOn(token)).toBe(false)
    for (const { token } of goods) expect(await t.livesOn(token)).toBe(true)
    expect(await t.admin.operations.get(operation.id)).toEqual(operation)
    const again = await t.admin.revoke({ address: '203.0.113.0/24' }, { startedBy })
    expect(again).toMatchObject({ matched: 0, revoked: 0 })
    expect((await t.admin.operations.list()).map(({ id }) => id)).toEqual([again.id, operation.id])
  })

  test('publishes to open pages, and appends events with the public reason', async () => {
    // Nobody's of another test: a node of a Cluster may forward their messages only now.
    const { session } = await t.signIn('pam', evil)
    const changes = createSessionChanges({ redis: t.redis, keyPrefix })
    const received: SessionChange[] = []
    const arrived = new Promise<void>((resolve) => {
      changes.watch('pam', (change) => {
        received.push(change)
        if (change.kind === 'ended') resolve()
      })
    })
    while (received.length === 0) await t.redis.get('wait')
    const { id } = await t.admin.revoke(
      { users: ['pam'] },
      { startedBy, reason: 'Your laptop was reported stolen', note: 'Ticket 7' },
    )
    await arrived
    changes.close()
    const operation = { id, reason: 'Your laptop was reported stolen' }
    expect(received.at(-1)).toEqual({ kind: 'ended', cause: 'operator', by: null, ids: [session.id], operation })
    const { events } = await t.events.read(userTagOf('pam'))
    expect(events.at(-1)).toMatchObject({ kind: 'ended', cause: 'operator', session: { id: session.id }, operation })
    expect(JSON.stringify([events, received])).not.toContain('Ticket 7')
  })

  test('spares the session of the one who acts', async () => {
    const [own, other] = [await t.signIn('ada', evil), await t.signIn('ada', evil)]
    await t.admin.revoke({ users: ['ada'] }, { startedBy, keep: own.session.id })
    expect([await t.livesOn(own.token), await t.livesOn(other.token)]).toEqual([true, false])
  })

  test('spares sessions of sign-ins that began later, also when it is resumed', async () => {
    const { token } = await t.signIn('ada', evil)
    const operation = await t.admin.revoke({ country: 'DE' }, { startedBy })
    await t.redis.hset(`${keyPrefix}user:operation:${operation.id}`, {
      state: 'failed',
      startedAt: Date.now() - 60_000,
    })
    const younger = await t.signIn('ada', evil)
    t.clock.ahead = -120_000
    const older = await t.signIn('ada', evil)
    t.clock.ahead = 0
    const resumed = await t.admin.operations.resume(operation.id)
    expect(resumed).toMatchObject({ state: 'done', matched: 2, revoked: 2 }) // one of them in the first run
    expect([await t.livesOn(token), await t.livesOn(younger.token), await t.livesOn(older.token)]).toEqual([
      false,
      true,
      false,
    ])
  })

  test.each(filters)('users with more sessions than a script takes at once: %j', async (filter) => {
    const users = { ada: 450, bob: 450, eve: 510 }
    for (const [userId, count] of Object.entries(users))
      await Promise.all(Array.from({ length: count }, async () => t.signIn(userId, evil)))
    expect(await t.admin.revoke(filter, { startedBy })).toMatchObject({ scanned: 1_410, revoked: 1_410 })
    for (const userId of Object.keys(users)) expect(await t.store.list(userId)).toEqual([])
  })

  test('a sign-in in the place of a session between search and revocation stays', async () => {
    t.clock.ahead = -60_000
    const { token } = await t.signIn('ada', evil)
    t.clock.ahead = 0
    const { id } = await t.admin.revoke({ users: ['bob'] }, { startedBy })
    const begun = { filter: '{"country":"DE"}', startedAt: Date.now() - 10_000, state: 'stopped' }
    await t.redis.hset(`${keyPrefix}user:operation:${id}`, begun)
    await collect(t.admin.find({ country: 'DE' })) // adds the scripts to each node
    const gates = t.masters().map((master) => gate(master, 'rollcallRevokeSelectedOfMany'))
    const revoking = t.admin.operations.resume(id)
    await Promise.race(gates.map(({ waiting }) => waiting))
    const younger = await t.signIn('ada', { ...evil, inPlaceOf: token })
    for (const { open } of gates) open()
    expect(await revoking).toMatchObject({ matched: 1, revoked: 0, alreadyGone: 1 })
    expect(await t.livesOn(younger.token)).toBe(true)
  })

  test('a session that ends between search and revocation counts as gone', async () => {
    const { session } = await t.signIn('ada', evil)
    await collect(t.admin.find({ country: 'DE' })) // adds the scripts to each node
    const gates = t.masters().map((master) => gate(master, 'rollcallRevokeSelectedOfMany'))
    const revoking = t.admin.revoke({ country: 'DE' }, { startedBy })
    await Promise.race(gates.map(({ waiting }) => waiting))
    await t.store.revoke('ada', session.id)
    for (const { open } of gates) open()
    expect(await revoking).toMatchObject({ matched: 1, revoked: 0, alreadyGone: 1 })
  })

  test.each(filters)(
    'a key of another kind under the name of sessions counts as failed, and stops nothing: %j',
    async (filter) => {
      await t.redis.set(`${keyPrefix}user:{${userTagOf('eve')}}:sessions`, 'x')
      await t.signIn('ada', evil)
      expect(await t.admin.revoke(filter, { startedBy })).toMatchObject({ revoked: 1, failed: 1 })
      await t.signIn('ada', evil)
      expect(await t.admin.revokeEveryone({ startedBy })).toMatchObject({ revoked: 1, failed: 1 })
    },
  )
})

describe('revoke everyone', () => {
  test('revokes all sessions but the one that is kept; one message serves all, and nobody gets an event', async () => {
    const own = await t.signIn('ada')
    const signed = await t.signInMany(60)
    const many = await Promise.all(Array.from({ length: 510 }, async () => t.signIn('max')))
    const changes = createSessionChanges({ redis: t.redis, keyPrefix })
    const received: SessionChange[] = []
    const arrived = new Promise<void>((resolve) => {
      changes.watch('max', (change) => {
        received.push(change)
        if (change.kind === 'ended') resolve()
      })
    })
    while (received.length === 0) await t.redis.get('wait')
    const operation = await t.admin.revokeEveryone({ startedBy, reason: 'Maintenance', keep: own.session.id })
    expect(operation).toMatchObject({ state: 'done', filter: null, revoked: 570 })
    await arrived
    changes.close()
    expect(received.filter(({ kind }) => kind === 'ended')).toEqual([
      {
        kind: 'ended',
        cause: 'operator',
        by: null,
        allBut: null,
        operation: { id: operation.id, reason: 'Maintenance' },
      },
    ])
    for (const { token } of [...signed, ...many.slice(0, 5)]) expect(await t.livesOn(token)).toBe(false)
    expect(await t.livesOn(own.token)).toBe(true)
    expect((await t.events.read(userTagOf('user-7'))).events.map(({ kind }) => kind)).toEqual(['created'])
  })

  const operations = {
    everyone: () => t.admin.revokeEveryone({ startedBy }),
    'a filter': () => t.admin.revoke({ country: 'DE' }, { startedBy }),
    'a user': () => t.admin.revoke({ users: ['ada'] }, { startedBy }),
  }

  describe.each(Object.entries(operations))('%s, and a sign-in that began before', (_, run) => {
    test('whose session is created after the scan', async () => {
      const startedAt = await t.store.time()
      const held = gate(t.redis, 'rollcallCreate')
      const signing = t.store.create({ userId: 'ada', ...evil, startedAt })
      await held.waiting
      await run()
      held.open()
      expect(await signing).toBeNull()
      expect(await t.store.list('ada')).toEqual([])
    })

    test('whose session is created before the scan', async () => {
      const startedAt = await t.store.time()
      const held = gate(t.redis, 'rollcallGlobalWatermark')
      const signing = t.store.create({ userId: 'ada', ...evil, startedAt })
      await held.waiting
      await run()
      held.open()
      const created = await signing
      expect(created === null || !(await t.livesOn(created.token))).toBe(true)
      expect(await t.store.list('ada')).toEqual([])
    })

    test('and one that begins after it passes', async () => {
      await run()
      let startedAt = await t.store.time()
      const [{ startedAt: mark } = { startedAt }] = await t.admin.operations.list()
      while (startedAt <= mark) startedAt = await t.store.time()
      expect(await t.store.create({ userId: 'ada', ...evil, startedAt })).not.toBeNull()
    })
  })

  test('an outage while a sign-in asks for the watermark is no sign-in', async () => {
    failNext(t.redis, 'rollcallGlobalWatermark')
    const startedAt = await t.store.time()
    await expect(t.store.create({ userId: 'ada', startedAt })).rejects.toThrow(SessionStoreUnavailableError)
  })

  test('a watermark in the future refuses one sign-in, and is lowered', async () => {
    await t.redis.set(`${keyPrefix}user:clock`, Date.now() + 3_600_000)
    expect(await t.store.create({ userId: 'ada', startedAt: await t.store.time() })).toBeNull()
    let startedAt = await t.store.time()
    const mark = Number(await t.redis.get(`${keyPrefix}user:clock`))
    while (startedAt.getTime() <= mark) startedAt = await t.store.time()
    expect(await t.store.create({ userId: 'ada', startedAt })).not.toBeNull()
  })

  test('validation stays one HGET, and a sign-in without a beginning asks for no watermark', async () => {
    const held = gate(t.redis, 'rollcallGlobalWatermark')
    const { token } = await t.signIn('ada')
    expect(await t.livesOn(token)).toBe(true)
    expect(await Promise.race([held.waiting.then(() => 'asked'), t.store.time().then(() => 'not asked')])).toBe(
      'not asked',
    )
    held.open()
    await t.store.create({ userId: 'ada', startedAt: await t.store.time() }) // gives the command back
  })
})

describe('an operation', () => {
  const users = ['user-1']
  test.each([
    ['a filter', () => t.admin.revoke({ country: 'DE' }, { startedBy }), true],
    ['users', () => t.admin.revoke({ users }, { startedBy }), true],
    ['a filter that selects nobody', () => t.admin.revoke({ country: 'FR' }, { startedBy }), false],
    ['everyone, which appends none', () => t.admin.revokeEveryone({ startedBy }), false],
  ])('asks for a sweep if it has appended events: %s', async (_, run, isAsked) => {
    await t.signInMany(10, evil)
    expect(await t.events.acquireSweepLease(60_000)).toBe(true)
    await run()
    expect(await t.events.renewSweepLease(60_000)).toBe(!isAsked)
    expect(await t.events.acquireSweepLease(60_000)).toBe(isAsked)
  })

  test('asks for a sweep also if it is stopped', async () => {
    await t.signInMany(80, evil)
    await t.events.acquireSweepLease(60_000)
    const onProgress = ({ id, revoked }: Operation): void => {
      if (revoked > 0) void t.admin.operations.stop(id)
    }
    const stopAfterWork = await t.admin.revoke({ country: 'DE' }, { startedBy, onProgress, maxUsersPerSecond: 40 })
    expect(stopAfterWork.state).toBe('stopped')
    expect(await t.events.renewSweepLease(60_000)).toBe(false)
  })

  test('shows a rate that falls while it waits for the one that it may have', async () => {
    await t.signInMany(40, evil)
    const seen: Operation[] = []
    const onProgress = (operation: Operation): void => void seen.push(operation)
    await t.admin.revoke({ country: 'DE' }, { startedBy, onProgress, maxUsersPerSecond: 10 })
    const pairs = seen.slice(1).map((later, n) => [seen[n], later] as const)
    const waits = pairs.filter(([earlier, later]) => earlier?.scanned === later.scanned && later.state === 'running')
    const falls = waits.map(([earlier, later]) => (earlier?.rate ?? 0) - later.rate)
    expect(Math.min(...falls)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...falls)).toBeGreaterThan(0)
  })

  test('is stopped and resumed, and ends each session once', async () => {
    await t.signInMany(80, evil)
    const seen: Operation[] = []
    const onProgress = (operation: Operation): void => {
      seen.push(operation)
      if (seen.length === 1) void t.admin.operations.stop(operation.id)
    }
    const stopped = await t.admin.revoke({ country: 'DE' }, { startedBy, onProgress, maxUsersPerSecond: 40 })
    expect(stopped.state).toBe('stopped')
    expect(stopped.revoked).toBeLessThan(80)
    expect((await t.admin.operations.get(stopped.id)).state).toBe('stopped')
    const done = await t.admin.operations.resume(stopped.id)
    expect(done).toMatchObject({ state: 'done', matched: 80, revoked: 80, share: 1, millisecondsLeft: 0 })
    expect(await collect(t.admin.find({ country: 'DE' }))).toEqual([])
    await expect(t.admin.operations.resume(done.id)).rejects.toThrow(OperationStateError)
    await expect(t.admin.operations.stop(done.id)).rejects.toThrow(OperationStateError)
  })

  test('that was silent for too long, and that another process resumes, is taken over, also by a save under way', async () => {
    await t.signInMany(80, evil)
    let second: Promise<Operation> | undefined
    const onProgress = ({ id }: Operation): void => {
      if (second !== undefined) return
      const save = gate(t.redis, 'eval')
      const silent = save.waiting.then(async () => t.redis.hset(`${keyPrefix}user:operation:${id}`, 'lease', 0))
      second = silent.then(async () => t.admin.operations.resume(id)).finally(save.open)
    }
    const first = t.admin.revoke({ country: 'DE' }, { startedBy, onProgress, maxUsersPerSecond: 40 })
    await expect(first).rejects.toThrow(OperationTakenOverError)
    const done = await second
    expect(done).toMatchObject({ state: 'done', error: null })
    expect(await t.admin.operations.get(done?.id ?? '')).toEqual(done)
    expect(await collect(t.admin.find({ country: 'DE' }))).toEqual([])
  })

  test('that waits, because it may look at no further user yet, is stopped at once', async () => {
    await t.signInMany(60, evil)
    const { revoke, operations } = createSessionAdmin({ redis: t.redis, keyPrefix })
    let stopping: Promise<void> | undefined
    const onProgress = ({ id }: Operation): void => void (stopping ??= operations.stop(id))
    const { state } = await revoke({ address: evil.ipAddress }, { startedBy, onProgress, maxUsersPerSecond: 0.5 })
    expect(state).toBe('stopped')
  }, 10_000)

  test('is stopped, resumed and done in a full Redis', async () => {
    await t.signInMany(40, evil)
    const limitMemory = async (bytes: number): Promise<void> =>
      void (await Promise.all(t.masters().map(async (master) => master.config('SET', 'maxmemory', bytes))))
    onTestFinished(() => limitMemory(0))
    await limitMemory(1)
    let stopping: Promise<void> | undefined
    const onProgress = ({ id }: Operation): void => void (stopping ??= t.admin.operations.stop(id))
    const options = { startedBy, onProgress, maxUsersPerSecond: 40, giveUpAfterMs: 1 }
    const { id, state } = await t.admin.revoke({ country: 'DE' }, options)
    expect(state).toBe('stopped')
    await t.admin.operations.resume(id, { giveUpAfterMs: 1 })
    expect(await t.admin.operations.get(id)).toMatchObject({ state: 'done', revoked: 40 })
  })

  test('with a filter of another version is listed and stopped, but not resumed', async () => {
    const { id } = await t.admin.revoke({ users: ['ada'] }, { startedBy })
    const key = `${keyPrefix}user:operation:${id}`
    for (const filter of ['{"planet":"Mars"}', 'no JSON']) {
      await t.redis.hset(key, { filter, state: 'running', lease: Date.now() + 9_000, stop: '0' })
      expect((await t.admin.operations.list()).map((operation) => operation.id)).toContain(id)
      await expect(t.admin.operations.resume(id)).rejects.toThrow(InvalidFilterError)
      for (let times = 0; times < 2; times += 1) await t.admin.operations.stop(id)
      expect((await t.admin.operations.get(id)).state).toBe('stopped')
    }
  })

  test('that has ended cannot be stopped', async () => {
    const { id } = await t.admin.revoke({ users: ['ada'] }, { startedBy })
    for (const state of ['done', 'failed']) {
      await t.redis.hset(`${keyPrefix}user:operation:${id}`, { state })
      await expect(t.admin.operations.stop(id)).rejects.toThrow(state)
    }
  })

  test('that two processes run at once ends each session once', async () => {
    await t.signInMany(60, evil)
    const both = await Promise.all([1, 2].map(async () => t.admin.revoke({ country: 'DE' }, { startedBy })))
    expect(both.reduce((sum, { revoked }) => sum + revoked, 0)).toBe(60)
    const { events } = await t.events.read(userTagOf('user-7'))
    expect(events.filter(({ kind }) => kind === 'ended')).toHaveLength(1)
  })

  test('is listed among the newest 100', async () => {
    const { id } = await t.admin.revoke({ users: ['ada'] }, { startedBy })
    const fields = await t.redis.hgetall(`${keyPrefix}user:operation:${id}`)
    for (let n = 0; n < 100; n += 1) {
      await t.redis.hset(`${keyPrefix}user:operation:later-${n}`, { ...fields, id: `later-${n}` })
      await t.redis.zadd(`${keyPrefix}user:operations`, Date.now() + 1_000 + n, `later-${n}`)
    }
    const listed = await t.admin.operations.list()
    expect([listed.length, listed[0]?.id, listed.at(-1)?.id]).toEqual([100, 'later-99', 'later-0'])
  })

  test('is what it is, whatever the clock of the reader says', async () => {
    const { id } = await t.admin.revokeEveryone({ startedBy })
    await t.redis.hset(`${keyPrefix}user:operation:${id}`, { state: 'running', lease: Date.now() + 9_000 })
    vi.setSystemTime(Date.now() + 100 * 24 * 60 * 60 * 1_000)
    onTestFinished(() => void vi.useRealTimers())
    expect((await t.admin.operations.list())[0]).toMatchObject({ id, state: 'running' })
    vi.useRealTimers()
    expect((await t.admin.operations.list())[0]).toMatchObject({ id, state: 'running' })
  })

  test('whose process is gone shows as interrupted', async () => {
    const { id } = await t.admin.revokeEveryone({ startedBy })
    await t.redis.hset(`${keyPrefix}user:operation:${id}`, { state: 'running', lease: Date.now() - 1 })
    expect((await t.admin.operations.get(id)).state).toBe('interrupted')
    expect((await t.admin.operations.resume(id)).state).toBe('done')
  })

  test('with work of the application is stopped, and resumed with that work alone', async () => {
    const { token } = await t.signIn('ada', evil)
    const { operations, runWork } = t.admin
    async function* work(_: Operation, revoke: Parameters<UserWork>[1]): AsyncGenerator<UserStep> {
      yield { revoked: await revoke('ada'), share: 0.5 }
    }
    async function* stopped(operation: Operation, revoke: Parameters<UserWork>[1]): AsyncGenerator<UserStep> {
      yield* work(operation, revoke)
      await operations.stop(operation.id)
      for (;;) {
        await setImmediate()
        yield { revoked: 0, share: 0.6 } // the next save notices it
      }
    }
    const users = { users: ['ada'] }
    const { id, state } = await runWork('test', users, stopped, { startedBy })
    expect(state).toBe('stopped')
    expect(await t.livesOn(token)).toBe(false)
    await t.redis.hset(`${keyPrefix}user:operation:${id}`, { startedAt: Date.now() - 60_000 })
    const younger = await t.signIn('ada', evil)
    await expect(operations.resume(id)).rejects.toThrow('is no revocation: test')
    const done = await operations.resume(id, { work })
    expect(done).toMatchObject({ id, action: 'test', filter: users, state: 'done', revoked: 1, share: 1 })
    expect(await t.livesOn(younger.token)).toBe(true)
    expect(await operations.get(id)).toMatchObject({ action: 'test', state: 'done' })
  })

  test('is none by the name of a revocation, which resuming it would be', async () => {
    const work = async function* () {
      yield { revoked: 0, share: 1 }
    }
    const before = await t.admin.operations.list()
    await expect(t.admin.runWork('revoke', null, work, { startedBy })).rejects.toThrow(TypeError)
    expect(await t.admin.operations.list()).toEqual(before)
  })

  test('with work of the application keeps the session that was named', async () => {
    const { token, session } = await t.signIn('ada', evil)
    const keep = session.id
    const other = await t.signIn('ada', evil)
    async function* work(_: Operation, revoke: Parameters<UserWork>[1]): AsyncGenerator<UserStep> {
      yield { revoked: await revoke('ada'), share: 1 }
    }
    const done = await t.admin.runWork('test', { users: ['ada'] }, work, { startedBy, keep })
    expect(done).toMatchObject({ keep, revoked: 1 })
    expect(await t.livesOn(token)).toBe(true)
    expect(await t.livesOn(other.token)).toBe(false)
  })

  test('is unknown under another id', async () => {
    for (const call of [t.admin.operations.get, t.admin.operations.resume, t.admin.operations.stop])
      await expect(call('20300101-000000-aaaaaa')).rejects.toThrow(UnknownOperationError)
  })

  test('is kept for 90 days, and holds no token', async () => {
    const { token } = await t.signIn('ada', evil)
    const { id } = await t.admin.revoke({ users: ['ada'] }, { startedBy })
    const key = `${keyPrefix}user:operation:${id}`
    expect(await t.redis.pttl(key)).toBeGreaterThan(89 * 24 * 60 * 60 * 1_000)
    expect(JSON.stringify(await t.redis.hgetall(key))).not.toContain(token.slice(38))
  })
})

describe('a sign-in that began before an operation on named users, and is created while that begins', () => {
  const ada = { users: ['ada'] }
  async function* signOut(_: Operation, revoke: Parameters<UserWork>[1]): AsyncGenerator<UserStep> {
    yield { revoked: await revoke('ada'), share: 1 }
  }
  const operations: Record<string, () => Promise<Operation>> = {
    'a revocation': () => t.admin.revoke(ada, { startedBy }),
    'work of the application': () => t.admin.runWork('test', ada, signOut, { startedBy }),
    'work of the application on everybody': () => t.admin.runWork('test', null, signOut, { startedBy }),
  }

  test.each(Object.entries(operations))('%s: does not sign in', async (_, run) => {
    await t.signIn('ada')
    const startedAt = await t.store.time()
    const held = gate(t.redis, 'rollcallRevokeSelected')
    const running = run()
    await held.waiting
    const created = await t.store.create({ userId: 'ada', startedAt })
    held.open()
    expect(await running).toMatchObject({ state: 'done' })
    expect(created !== null && (await t.livesOn(created.token))).toBe(false)
  })

  test.each(Object.entries(operations))('%s: one that begins after it does', async (_, run) => {
    await run()
    const startedAt = await t.store.time()
    const created = await t.store.create({ userId: 'ada', startedAt })
    expect(created !== null && (await t.livesOn(created.token))).toBe(true)
  })
})

test('an operation that is not done is listed, however many are newer', async () => {
  const onStart = async () => Promise.reject(new Error('no SQL'))
  await expect(t.admin.revoke({ users: ['ada'] }, { startedBy, onStart })).rejects.toThrow('no SQL')
  const [failed] = await t.admin.operations.list()
  for (let n = 0; n < 101; n += 1) await t.admin.revoke({ users: ['bob'] }, { startedBy })
  const listed = await t.admin.operations.list()
  expect(listed).toHaveLength(101)
  expect(listed.at(-1)).toMatchObject({ id: failed?.id, state: 'failed' })
  expect(listed.slice(1).every(({ startedAt }, at) => startedAt <= (listed[at]?.startedAt ?? 0))).toBe(true)
  await t.admin.operations.resume(failed?.id ?? '')
  expect(await t.admin.operations.list()).toHaveLength(100)
})
