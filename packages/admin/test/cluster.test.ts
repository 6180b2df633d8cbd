import { Command, type Redis } from 'ioredis'
import { isCluster, MovingSlotsError, userTagOf } from '@rollcall/session-store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSessionAdmin, type RunOptions } from '../src/index.js'
import { failNext, gate, keyPrefix, startBackend, watchCalls } from './helpers.js'

let t: Awaited<ReturnType<(typeof startBackend)['Cluster']>>
beforeAll(async () => {
  t = await startBackend.Cluster()
})
afterAll(() => t[Symbol.asyncDispose]())

const keyOf = (userId: string): string => `${keyPrefix}user:{${userTagOf(userId)}}:sessions`
const eventsKeyOf = (userId: string): string => keyOf(userId).replace(/sessions$/, 'waiting')
const slotOf = (userId: string): number => new Command('hgetall', [keyOf(userId)]).getSlot()

function masters(): [Redis, Redis] {
  const [first, second] = isCluster(t.redis) ? t.redis.nodes('master') : []
  if (first === undefined || second === undefined) throw new Error('This is no Cluster')
  return [first, second]
}

/** A user whose sessions this master holds. */
async function userOn(master: Redis, name = 'mover'): Promise<string> {
  for (let n = 0; ; n += 1) {
    const userId = `${name}-${n}`
    await t.signIn(userId)
    if ((await master.exists(keyOf(userId)).catch(() => 0)) === 1) return userId
  }
}

/** Begins to move a slot with these of its keys; default: with all. */
async function beginMove(slot: number, from: Redis, to: Redis, moving?: readonly string[]) {
  const [fromId, toId] = [await from.cluster('MYID'), await to.cluster('MYID')]
  await to.cluster('SETSLOT', slot, 'IMPORTING', fromId)
  await from.cluster('SETSLOT', slot, 'MIGRATING', toId)
  const move = async (keys: readonly string[]) =>
    keys.length > 0 && from.migrate('127.0.0.1', Number(to.options.port), '', 0, 10_000, 'KEYS', ...keys)
  await move(moving ?? (await from.cluster('GETKEYSINSLOT', slot, 100)))
  return {
    async finish(): Promise<void> {
      await move(await from.cluster('GETKEYSINSLOT', slot, 100))
      await to.cluster('SETSLOT', slot, 'NODE', toId)
      await from.cluster('SETSLOT', slot, 'NODE', toId)
    },
  }
}

/** Visits all keys of a master in one step. */
const quickAdmin = () => createSessionAdmin({ redis: t.redis, keyPrefix })

const startedBy = 'on call'
const operations = {
  everyone: (options?: RunOptions) => quickAdmin().revokeEveryone({ startedBy, ...options }),
  'a filter': (options?: RunOptions) => quickAdmin().revoke({ kind: 'unknown' }, { startedBy, ...options }),
  'a filter that Redis decides': (options?: RunOptions) =>
    quickAdmin().revoke({ signedInAfter: new Date(0) }, { startedBy, ...options }),
}

test.each(Object.entries(operations))('%s finds a key that moves to a master that has been scanned', async (_, run) => {
  const [first, second] = masters()
  const userId = await userOn(second)
  const held = gate(second, 'scan')
  const running = run()
  await held.waiting // the first master is done
  const { finish } = await beginMove(slotOf(userId), second, first)
  await finish()
  held.open()
  expect((await running).state).toBe('done')
  expect(await t.store.list(userId)).toEqual([])
})

async function endedEventsOf(userId: string) {
  const { events } = await t.events.read(userTagOf(userId))
  return events.filter(({ kind }) => kind === 'ended')
}

test('sessions that other masters revoke while one gives no answer are counted', async () => {
  await t.flush()
  const signed = await t.signInMany(60)
  failNext(masters()[1], 'scan')
  const operation = await operations['a filter']()
  expect(operation).toMatchObject({ state: 'done', matched: signed.length, revoked: signed.length })
})

test.each([
  ['sessions', keyOf, 'a filter'],
  ['events', eventsKeyOf, 'a filter'],
  ['events', eventsKeyOf, 'a filter that Redis decides'],
] as const)(
  'a user whose %s alone have moved is revoked with an event later, and holds nobody else up',
  async (_, movedOf, name) => {
    const [first, second] = masters()
    const userId = await userOn(second)
    const other = await userOn(second, 'other')
    const { finish } = await beginMove(slotOf(userId), second, first, [movedOf(userId)])
    const finishAfterOther = async (): Promise<void> => {
      await expect.poll(() => t.store.list(other), { timeout: 20_000 }).toEqual([])
      await finish()
    }
    const finished = finishAfterOther()
    const operation = await operations[name]()
    await finished
    expect(operation.state).toBe('done')
    expect(await t.store.list(userId)).toEqual([])
    expect(await endedEventsOf(userId)).toMatchObject([{ cause: 'operator', operation: { id: operation.id } }])
  },
)

test('a named user whose slot begins to move is revoked, and sign-ins under way are refused', async () => {
  const [first, second] = masters()
  const userId = await userOn(second)
  const { finish } = await beginMove(slotOf(userId), second, first, [])
  const operation = await t.admin.revoke({ users: [userId] }, { startedBy, giveUpAfterMs: 1 })
  await finish()
  expect(operation).toMatchObject({ state: 'done', revoked: 1 })
  expect(await t.store.create({ userId, startedAt: operation.startedAt })).toBeNull()
})

test.each(Object.entries(operations))('%s looks again ever more rarely while a slot moves', async (_, run) => {
  const [first, second] = masters()
  const { finish } = await beginMove(slotOf(await userOn(second)), second, first, [])
  const scans = watchCalls(first, ['scan'])
  await expect(run({ giveUpAfterMs: 300 })).rejects.toThrow(MovingSlotsError)
  scans.stop()
  expect(scans.calls).toHaveLength(4) // at first, and after 50, 100 and 200 ms
  await finish()
})

test('a slot that never stops moving fails the operation, which has revoked all it found', async () => {
  const [first, second] = masters()
  const userId = await userOn(second)
  const { finish } = await beginMove(slotOf(userId), second, first, [keyOf(userId)])
  await expect(t.admin.revokeEveryone({ startedBy, giveUpAfterMs: 0 })).rejects.toThrow(MovingSlotsError)
  const [failed] = await t.admin.operations.list()
  expect(failed).toMatchObject({ state: 'failed', error: expect.stringMatching(/Slots .* resume/) })
  expect(await t.store.list(userId)).toEqual([])
  await finish()
  expect(await endedEventsOf(userId)).toEqual([])
  expect((await t.admin.operations.resume(failed?.id ?? '')).state).toBe('done')
})
