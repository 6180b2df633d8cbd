import { Cluster, Command, type Redis } from 'ioredis'
import { MovingSlotsError, userTagOf } from '@rollcall/session-store'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSessionAdmin } from '../src/index.js'
import { gate, keyPrefix, startBackend } from './helpers.js'

let t: Awaited<ReturnType<(typeof startBackend)['Cluster']>>
beforeAll(async () => {
  t = await startBackend.Cluster()
})
afterAll(() => t[Symbol.asyncDispose]())

const keyOf = (userId: string): string => `${keyPrefix}user:{${userTagOf(userId)}}:sessions`
const slotOf = (userId: string): number => new Command('hgetall', [keyOf(userId)]).getSlot()

function masters(): [Redis, Redis] {
  const [first, second] = t.redis instanceof Cluster ? t.redis.nodes('master') : []
  if (first === undefined || second === undefined) throw new Error('This is no Cluster')
  return [first, second]
}

/** A user whose sessions this master holds. */
async function userOn(master: Redis): Promise<string> {
  for (let n = 0; ; n += 1) {
    const userId = `mover-${n}`
    await t.signIn(userId)
    if ((await master.exists(keyOf(userId)).catch(() => 0)) === 1) return userId
  }
}

async function beginMove(slot: number, from: Redis, to: Redis) {
  const [fromId, toId] = [await from.cluster('MYID'), await to.cluster('MYID')]
  await to.cluster('SETSLOT', slot, 'IMPORTING', fromId)
  await from.cluster('SETSLOT', slot, 'MIGRATING', toId)
  const keys = await from.cluster('GETKEYSINSLOT', slot, 100)
  await from.migrate('127.0.0.1', Number(to.options.port), '', 0, 10_000, 'KEYS', ...keys)
  return {
    async finish(): Promise<void> {
      await to.cluster('SETSLOT', slot, 'NODE', toId)
      await from.cluster('SETSLOT', slot, 'NODE', toId)
    },
  }
}

/** Visits all keys of a master in one step. */
const quickAdmin = () => createSessionAdmin({ redis: t.redis, keyPrefix })

const operations = {
  everyone: () => quickAdmin().revokeEveryone({ startedBy: 'on call' }),
  'a filter': () => quickAdmin().revoke({ signedInAfter: new Date(0) }, { startedBy: 'on call' }),
}

test.each(Object.entries(operations))('%s finds a key that moves to a master that has been scanned', async (_, run) => {
  const [first, second] = masters()
  const userId = await userOn(second)
  const held = gate(second, 'scan')
  const running = run()
  await held.waiting
  await first.ping() // the first master is done
  const { finish } = await beginMove(slotOf(userId), second, first)
  await finish()
  held.open()
  expect((await running).state).toBe('done')
  expect(await t.store.list(userId)).toEqual([])
})

test('a slot that never stops moving fails the operation, which has revoked all it found', async () => {
  const [first, second] = masters()
  const userId = await userOn(second)
  const { finish } = await beginMove(slotOf(userId), second, first)
  await expect(t.admin.revokeEveryone({ startedBy: 'on call' })).rejects.toThrow(MovingSlotsError)
  const [failed] = await t.admin.operations.list()
  expect(failed).toMatchObject({ state: 'failed', error: expect.stringMatching(/Slots .* resume/) })
  expect(await t.store.list(userId)).toEqual([])
  await finish()
  expect((await t.admin.operations.resume(failed?.id ?? '')).state).toBe('done')
})
