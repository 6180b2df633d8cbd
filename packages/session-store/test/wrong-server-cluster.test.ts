import { type MovableAddress, type PrivateCluster, startAddress, startCluster } from '@rollcall/dev-redis'
import type { Cluster } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSessionStore } from '../src/index.js'
import { clusterClient } from './helpers.js'
import { roles, usersOn } from './nodes.js'
import { answer } from './retry.js'

// Connections stay open to a node that says it is the wrong one, and the address of that node leads to one that is not.

let cluster: PrivateCluster
let redis: Cluster
const addresses = new Map<number, MovableAddress>()
beforeAll(async () => {
  const free = await Promise.all(Array.from({ length: 6 }, () => startAddress('')))
  cluster = await startCluster({
    args(port) {
      const address = free.pop()
      if (address === undefined) throw new Error('There are six nodes')
      address.leadTo(port)
      addresses.set(port, address)
      return ['--cluster-announce-port', new URL(address.url).port]
    },
  })
  redis = clusterClient([...addresses.values()].map(({ url }) => Number(new URL(url).port)))
  redis.on('error', () => undefined) // every failed command rejects by itself
  await redis.connect()
})
afterAll(async () => {
  redis.disconnect()
  await cluster.stop()
  for (const address of addresses.values()) await address.close()
})

test.each([
  'LOADING Redis is loading the dataset in memory',
  'CLUSTERDOWN The cluster is down',
  "READONLY You can't write against a read only replica.",
])('a node that says %s: its connection is left, without a restart', async (line) => {
  const [master] = await roles([cluster.nodes[0], cluster.nodes[3]]) // a machine that is too busy lets the replica step in
  const [userId = ''] = await usersOn(master, 1)
  const store = createSessionStore({ redis })
  await answer(() => store.create({ userId }))
  addresses.get(master.port)?.refuse(line)
  expect(await answer(() => store.create({ userId }))).not.toBeNull()
  expect(await store.list(userId)).toHaveLength(2)
})
