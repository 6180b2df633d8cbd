import { startCluster } from '@rollcall/dev-redis'
import { failCommand } from '@rollcall/dev-redis/faults'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSessionExport } from '../src/index.js'
import { startServers } from './failover.js'
import { longTimeouts } from './helpers.js'
import { signIn } from './load.js'
import { connectionOf } from './nodes.js'

let cluster: Awaited<ReturnType<typeof startCluster>>
beforeAll(async () => {
  cluster = await startCluster()
})
afterAll(() => cluster.stop())

test.each([1, 2])('an export whose reply %i is lost removes what it read, and knows what was revoked', async (n) => {
  await using application = await startServers(cluster, 'master', longTimeouts)
  const [{ redis, store } = { redis: undefined, store: undefined }] = application.servers
  if (redis === undefined) throw new Error('No server')
  const ada = `ada-${n}`
  const exported = createSessionExport({ redis })
  const read = async () => {
    const batches = []
    for await (const batch of exported.batches()) batches.push(...batch)
    return batches
  }
  await signIn(store, ada)
  await exported.remove(await read()) // from here on, this master knows the script

  const [, revoked] = [await signIn(store, ada), await signIn(store, ada)]
  const sessions = await read()
  await store.revoke(ada, revoked.session.id)
  const failing = failCommand(connectionOf(redis, ada), n, 'reply lost')
  const left = await exported.remove(sessions)
  failing[Symbol.dispose]()
  expect(failing.reached()).toBe(true)
  expect([...left].map(([{ id }, now]) => [id, now])).toEqual([[revoked.session.id, null]])
  expect(await store.count(ada)).toBe(0)
})
