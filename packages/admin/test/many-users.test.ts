import { setImmediate } from 'node:timers/promises'
import { SessionStoreUnavailableError } from '@rollcall/session-store'
import { afterAll, beforeAll, beforeEach, expect, inject, test } from 'vitest'
import { type Operation, OperationStateError, type UserWork } from '../src/index.js'
import { collect, gate, interruptList, keyPrefix, startBackend } from './helpers.js'

// Operations on many users, whose ids Redis keeps in a list of their own.

let t: Awaited<ReturnType<(typeof startBackend)['single node']>>
beforeAll(async () => {
  t = await startBackend[inject('backend')]()
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(() => t.flush())

const startedBy = 'on call'
const evil = { ipAddress: '203.0.113.9' }
const byName = (count: number) => Array.from({ length: count }, (_, n) => `user-${n}`)
const hashOf = (id: string) => t.redis.hgetall(`${keyPrefix}user:operation:${id}`)
const listOf = (id: string) => `${keyPrefix}user:operation:${id}:users`

/** Remembers whom it was run for, and revokes nobody's sessions. */
function createWork() {
  const seen: string[] = []
  const work: UserWork = async function* (_operation, _revoke, users) {
    for await (const userId of users ?? []) {
      seen.push(userId)
      yield { revoked: 0, share: 0 }
    }
  }
  return { seen, work }
}

test('what is saved and listed of an operation does not grow with the number of its users', async () => {
  await t.signInMany(1_500, evil)
  const sizes: number[][] = []
  for (const count of [20, 1_500]) {
    const users = byName(count)
    const { seen, work } = createWork()
    const { id } = await t.admin.runWork('test', { users }, work, { startedBy })
    expect(seen.toSorted()).toEqual(users.toSorted())
    const [listed] = await t.admin.operations.list()
    expect(listed).toMatchObject({ id, filter: { users: { count, first: users.slice(0, 3) } } })
    expect(await t.redis.exists(listOf(id)), 'nobody resumes it').toBe(0)
    sizes.push([JSON.stringify(await hashOf(id)).length, JSON.stringify(listed).length])
  }
  const digits = 40
  for (const at of [0, 1]) expect(Math.abs((sizes[0]?.[at] ?? 0) - (sizes[1]?.[at] ?? 0))).toBeLessThan(digits)
})

test('a filter finds each of its users once, however many sessions they have', async () => {
  const users = byName(30)
  for (let times = 0; times < 2; times += 1) await t.signInMany(30, evil)
  await t.signIn('other', { ipAddress: '198.51.100.7' })
  const { seen, work } = createWork()
  const done = await t.admin.runWork('test', { country: 'DE' }, work, { startedBy })
  expect(seen.toSorted()).toEqual(users.toSorted())
  expect(done.filter).toMatchObject({ country: 'DE', users: { count: 30 } })
})

test('a filter that finds few users keeps their ids, and one that finds nobody is resumed too', async () => {
  await t.signInMany(3, evil)
  await t.signInMany(3, evil)
  const onStart = async (): Promise<void> => {
    throw new Error('No row')
  }
  for (const [address, users] of [
    [evil.ipAddress, byName(3)],
    ['198.51.100.7', []],
  ] as const) {
    const { seen, work } = createWork()
    await expect(t.admin.runWork('test', { address }, work, { startedBy, onStart })).rejects.toThrow('No row')
    const [operation] = await t.admin.operations.list()
    const id = operation?.id ?? ''
    expect(await t.redis.exists(listOf(id))).toBe(0)
    expect(await t.admin.operations.resume(id, { work })).toMatchObject({ state: 'done', filter: { address } })
    expect(seen.toSorted()).toEqual(users)
  }
})

test('a revocation of many users is stopped and resumed, and ends each session once', async () => {
  await t.signInMany(60, evil)
  const other = await t.signIn('other', evil)
  let stopping: Promise<void> | undefined
  const onProgress = ({ id }: Operation): void => void (stopping ??= t.admin.operations.stop(id))
  const filter = { users: byName(60), country: 'DE' }
  const stopped = await t.admin.revoke(filter, { startedBy, onProgress, maxUsersPerSecond: 40 })
  expect(stopped.state).toBe('stopped')
  expect(stopped.revoked).toBeLessThan(60)
  expect(await t.redis.pttl(listOf(stopped.id))).toBeGreaterThan(89 * 24 * 60 * 60 * 1_000)
  await t.redis.pexpire(listOf(stopped.id), 60_000) // as 90 days later
  let renewed = 0
  const onStart = async (): Promise<void> => void (renewed = await t.redis.pttl(listOf(stopped.id)))
  const done = await t.admin.operations.resume(stopped.id, { onStart })
  expect(done).toMatchObject({ state: 'done', revoked: 60, share: 1 })
  expect(renewed, 'as long as its operation').toBeGreaterThan(89 * 24 * 60 * 60 * 1_000)
  expect(await collect(t.admin.find({ country: 'DE' }))).toMatchObject([{ id: other.session.id }])
})

test.each([
  ['a revocation by name', async () => t.admin.revoke({ users: byName(600) }, { startedBy })],
  ['work by name', async () => t.admin.runWork('test', { users: byName(600) }, createWork().work, { startedBy })],
  ['work by filter', async () => t.admin.runWork('test', { country: 'DE' }, createWork().work, { startedBy })],
])('%s waits for a Redis that gives no answer while it writes its users, and writes them anew', async (_, run) => {
  await t.signInMany(600, evil)
  interruptList(t.redis)
  expect(await run()).toMatchObject({ state: 'done', filter: { users: { count: 600 } } })
})

test('an operation whose users cannot be written does not exist, and leaves no part of them', async () => {
  const list = interruptList(t.redis)
  const running = t.admin.revoke({ users: byName(600) }, { startedBy, giveUpAfterMs: 0 })
  await expect(running).rejects.toThrow(SessionStoreUnavailableError)
  expect(await t.redis.exists(list.key)).toBe(0)
  expect(await t.admin.operations.list()).toEqual([])
})

test('an operation that has lost its list of users fails, and says so', async () => {
  const users = byName(600)
  const refuse = async (): Promise<void> => {
    throw new Error('No row')
  }
  const { work } = createWork()
  await expect(t.admin.runWork('test', { users }, work, { startedBy, onStart: refuse })).rejects.toThrow('No row')
  const [operation] = await t.admin.operations.list()
  const id = operation?.id ?? ''
  await t.redis.zrem(listOf(id), 'user-7')
  await expect(t.admin.operations.resume(id, { work })).rejects.toThrow('lost 1 of its 600 users')
  expect(await t.admin.operations.get(id)).toMatchObject({ state: 'failed' })
})

test('an operation that an earlier version stored with all of its users is resumed', async () => {
  await t.signInMany(20, evil)
  const { id } = await t.admin.revoke({ users: ['nobody'] }, { startedBy })
  const filter = JSON.stringify({ users: byName(20) })
  await t.redis.hset(`${keyPrefix}user:operation:${id}`, { filter, state: 'stopped' })
  expect(await t.admin.operations.resume(id)).toMatchObject({ state: 'done', revoked: 20 })
})

test('an operation that is to stop is not resumed before its earlier run has ended', async () => {
  const order: string[] = []
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  let reached = (): void => undefined
  const waiting = new Promise<void>((resolve) => (reached = resolve))
  const held: UserWork = async function* () {
    yield { revoked: 0, share: 0.1 }
    reached()
    await opened
    for (;;) {
      await setImmediate()
      yield { revoked: 0, share: 0.2 } // the next save notices that it is to stop
    }
  }
  const users = { users: ['ada'] }
  let id = ''
  const onStart = async (operation: Operation): Promise<void> => void (id = operation.id)
  const first = t.admin
    .runWork('test', users, held, { startedBy, onStart })
    .then(({ state }) => order.push(`first is ${state}`))
  await waiting
  await t.admin.operations.stop(id)
  const work: UserWork = async function* () {
    order.push('second begins')
    yield { revoked: 0, share: 1 }
  }
  const asked = [gate(t.redis, 'eval')]
  const second = t.admin.operations.resume(id, { work })
  // It asks again and again; a run that does not wait would have begun by then.
  for (let times = 0; times < 6; times += 1) {
    await asked.at(-1)?.waiting
    const { open: answer } = asked.at(-1) ?? { open }
    asked.push(gate(t.redis, 'eval'))
    answer()
  }
  asked.at(-1)?.open()
  expect(order).toEqual([])
  open()
  await first
  expect(await second).toMatchObject({ state: 'done' })
  expect(order).toEqual(['first is stopped', 'second begins'])
})

test('a resumption goes on with the counts of the earlier run, also with those from while it waited', async () => {
  let resuming: Promise<Operation> | undefined
  const second: UserWork = async function* () {
    yield { revoked: 2, share: 1 }
  }
  const first: UserWork = async function* ({ id }) {
    await t.admin.operations.stop(id)
    const read = gate(t.redis, 'eval')
    resuming = t.admin.operations.resume(id, { work: second })
    await read.waiting
    const begun = gate(t.redis, 'eval')
    read.open()
    await begun.waiting
    begun.open()
    for (let revoked = 5; ; revoked = 0) {
      yield { revoked, share: 0.5 }
      await setImmediate() // the next save notices that it is to stop
    }
  }
  const stopped = await t.admin.runWork('test', { users: ['ada'] }, first, { startedBy })
  expect(stopped).toMatchObject({ state: 'stopped', revoked: 5 })
  expect(await resuming).toMatchObject({ state: 'done', revoked: 7 })
})

test('an operation that runs is not resumed, and says so', async () => {
  const second: { refused?: unknown } = {}
  let resuming: Promise<void> | undefined
  const work: UserWork = async function* ({ id }) {
    resuming = t.admin.operations.resume(id, { work }).then(
      () => undefined,
      (error: unknown) => void (second.refused = error),
    )
    while (second.refused === undefined) {
      await setImmediate()
      yield { revoked: 0, share: 0.5 }
    }
  }
  const { id, state } = await t.admin.runWork('test', { users: ['ada'] }, work, { startedBy })
  await resuming
  expect(state).toBe('done')
  expect(second.refused).toBeInstanceOf(OperationStateError)
  expect(second.refused).toMatchObject({ message: `The operation ${id} is running` })
})

test('an operation whose run was killed is resumed once its lease has ended', async () => {
  await t.signInMany(1, evil)
  const { id } = await t.admin.revoke({ users: ['nobody'] }, { startedBy })
  const lease = Date.now() + 500
  const filter = JSON.stringify({ users: ['user-0'] })
  await t.redis.hset(`${keyPrefix}user:operation:${id}`, { state: 'running', run: 'killed', lease, filter })
  expect(await t.admin.operations.resume(id)).toMatchObject({ state: 'done', revoked: 1 })
  expect(Date.now()).toBeGreaterThanOrEqual(lease)
})

test('a lease that the clock of an earlier Redis has dated into the future holds nobody up', async () => {
  const { id } = await t.admin.revoke({ users: ['nobody'] }, { startedBy })
  const key = `${keyPrefix}user:operation:${id}`
  await t.redis.hset(key, { state: 'running', run: 'lost', lease: Date.now() + 3_600_000 })
  expect(await t.admin.operations.get(id)).toMatchObject({ state: 'interrupted' })
  expect(await t.admin.operations.resume(id)).toMatchObject({ state: 'done' })
})

test('an operation of an earlier version, which had no lease, counts as gone after ten seconds', async () => {
  const { id } = await t.admin.revoke({ users: ['nobody'] }, { startedBy })
  const key = `${keyPrefix}user:operation:${id}`
  await t.redis.hset(key, { state: 'running', run: 'earlier', updatedAt: Date.now() })
  expect(await t.admin.operations.get(id)).toMatchObject({ state: 'running' })
  const asked = gate(t.redis, 'eval')
  const resuming = t.admin.operations.resume(id)
  await asked.waiting // it reads the operation
  const begun = gate(t.redis, 'eval')
  asked.open()
  await begun.waiting
  const again = gate(t.redis, 'eval')
  begun.open()
  await again.waiting
  expect(await t.redis.hget(key, 'run'), 'which is not taken over').toBe('earlier')
  await t.redis.hset(key, { updatedAt: Date.now() - 10_000 })
  expect(await t.admin.operations.get(id)).toMatchObject({ state: 'interrupted' })
  again.open()
  expect(await resuming).toMatchObject({ state: 'done' })
})
