import { createSessionChanges, type SessionChange, userTagOf } from '@rollcall/session-store'
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test, vi } from 'vitest'
import { keyPrefix, startBackend } from './helpers.js'

// What servers with open pages receive of an operation on many users.

let t: Awaited<ReturnType<(typeof startBackend)['single node']>>
let changes: ReturnType<typeof createSessionChanges>
beforeAll(async () => {
  t = await startBackend[inject('backend')]()
})
afterAll(() => t[Symbol.asyncDispose]())
beforeEach(async () => {
  await t.flush()
  tests += 1
  names = Array.from({ length: 60 }, (_, n) => `user-${tests}-${n}`)
  changes = createSessionChanges({ redis: t.redis, keyPrefix })
})
afterEach(() => changes.close())

const evil = { ipAddress: '203.0.113.9' }
const filters = [{ address: evil.ipAddress }, { country: 'DE' }]

/** Other people in each test: a node of a Cluster may forward the messages of the last one only now. */
let names: string[] = []
let tests = 0
const signInAll = () => Promise.all(names.map((userId) => t.signIn(userId, evil)))

/** The revocations that reach the pages of each user. */
async function watchAll(userIds: readonly string[]) {
  const ended = new Map<string, SessionChange[]>(userIds.map((userId) => [userId, []]))
  await Promise.all(
    userIds.map(
      async (userId) =>
        new Promise<void>((resolve) => {
          changes.watch(userId, (change) => {
            if (change.kind === 'live') resolve()
            if (change.kind === 'ended') ended.get(userId)?.push(change)
          })
        }),
    ),
  )
  return ended
}

async function countMessages(): Promise<number> {
  const stats = await Promise.all(t.masters().map(async (master) => master.info('commandstats')))
  return stats.reduce((sum, text) => sum + Number(/cmdstat_publish:calls=(\d+)/.exec(text)?.[1] ?? 0), 0)
}

test.each(filters)('one message serves all users of a script, and says nothing of anybody else: %j', async (filter) => {
  const signed = await signInAll()
  await t.signIn('other', { ipAddress: '198.51.100.7' })
  const ended = await watchAll([...names, 'other'])
  const before = await countMessages()
  const { id } = await t.admin.revoke(filter, { startedBy: 'on call', reason: 'Unusual traffic' })
  expect((await countMessages()) - before).toBeLessThan(names.length * (2 / 3))
  await vi.waitFor(() => expect([...ended.values()].flat()).toHaveLength(names.length), { timeout: 10_000 })
  const operation = { id, reason: 'Unusual traffic' }
  for (const { session } of signed)
    expect(ended.get(session.userId)).toEqual([
      { kind: 'ended', cause: 'operator', by: null, ids: [session.id], operation },
    ])
  expect(ended.get('other')).toEqual([])
})

test.each(filters)('a script that breaks off publishes what it has revoked: %j', async (filter) => {
  await signInAll()
  const broken = names[9] ?? ''
  await t.redis.del(`${keyPrefix}user:{${userTagOf(broken)}}:waiting`)
  await t.redis.set(`${keyPrefix}user:{${userTagOf(broken)}}:waiting`, 'no hash')
  const ended = await watchAll(names)
  await expect(t.admin.revoke(filter, { startedBy: 'on call', giveUpAfterMs: 0 })).rejects.toThrow()
  const lists = await Promise.all(names.map(async (userId) => ({ userId, list: await t.store.list(userId) })))
  const revoked = lists.filter(({ userId, list }) => list.length === 0 && userId !== broken)
  await vi.waitFor(
    () => {
      for (const { userId } of revoked) expect(ended.get(userId), userId).toHaveLength(1)
    },
    { timeout: 10_000 },
  )
})

test('other processes are notified of each state of an operation that is saved, and that somebody asks it to stop', async () => {
  let notified = 0
  const stop = changes.watchOperations(() => (notified += 1))
  /** A client that connects anew notifies once more. */
  const notifies = async (count: number, work: () => Promise<unknown>) => {
    const before = notified
    await work()
    await vi.waitFor(() => expect(notified - before).toBeGreaterThanOrEqual(count), { timeout: 10_000 })
  }
  await vi.waitFor(() => expect(notified).toBeGreaterThan(0), { timeout: 10_000 }) // from here on, none is missed
  let id = ''
  await notifies(2, async () => {
    ;({ id } = await t.admin.revoke({ users: names.slice(0, 1) }, { startedBy: 'on call' })) // it has begun, and is done
  })
  await t.redis.hset(`${keyPrefix}user:operation:${id}`, { state: 'running', lease: '0' })
  await notifies(1, () => t.admin.operations.stop(id))
  stop()
})
