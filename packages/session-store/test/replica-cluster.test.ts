import { startCluster } from '@rollcall/dev-redis'
import { Command } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSessionOperator } from '../src/index.js'
import { nodeFor } from '../src/redis/cluster.js'
import { clusterClient } from './helpers.js'
import { moveSlot } from './nodes.js'
import { answer } from './retry.js'

let cluster: Awaited<ReturnType<typeof startCluster>>
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster.stop())

test('an operation is confirmed by a replica of each master, also while slots move', async () => {
  const redis = clusterClient(cluster.nodes.map(({ port }) => port))
  redis.on('error', () => undefined)
  await redis.connect()
  const operator = createSessionOperator({ redis, durability: 'replicated' })
  const masters = redis.nodes('master')
  const writes = async () =>
    Promise.all(
      masters.map(async (master) =>
        Number(/cmdstat_hset:calls=(\d+)/.exec(await master.info('commandstats'))?.[1] ?? 0),
      ),
    )
  const slot = new Command('hgetall', ['user:{0}:sessions']).getSlot() // which it would take at its master
  const from = nodeFor(redis, 'user:{0}:sessions')
  const to = masters.find((master) => master !== from)
  if (from === undefined || to === undefined) throw new Error('The cluster has several masters')
  await moveSlot(slot, from, to)
  try {
    const before = await writes()
    await answer(() => operator.confirm())
    expect((await writes()).map((count, at) => count > (before[at] ?? 0))).toEqual(masters.map(() => true))
    for (const master of masters) expect(await master.keys('user:{?}:sessions')).toEqual([])
  } finally {
    for (const end of [from, to]) await end.cluster('SETSLOT', slot, 'STABLE')
    redis.disconnect()
  }
})
