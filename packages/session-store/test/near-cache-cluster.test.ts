import type { PrivateNode } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, type MockInstance, test, vi } from 'vitest'
import { createSessionStore, type Session, type SessionStore } from '../src/index.js'
import { lastPass, refuses, remembers } from './caching.js'
import { clusterClient, longTimeouts } from './helpers.js'
import { askNode, keyOf, moveSlot, roleOf, slotOf, usersOn } from './nodes.js'
import { answer, until } from './retry.js'
import { startDivisibleCluster } from './partition.js'

/** Milliseconds of silence after which a node counts as failing, as `startCluster` sets it. */
const NODE_TIMEOUT = 1_000

/** Milliseconds, longer than any test: the message of Redis decides, not the lease. */
const LONG = 600_000

let cluster: Awaited<ReturnType<typeof startDivisibleCluster>>
beforeAll(async () => {
  cluster = await startDivisibleCluster()
})
afterAll(() => cluster[Symbol.asyncDispose]())

/** One of the three masters, as they are at first. */
const master = (at: number): PrivateNode => nodeAt(at)
const replica = (at: number): PrivateNode => nodeAt(at + 3)

function nodeAt(at: number): PrivateNode {
  const found = cluster.nodes[at]
  if (found === undefined) throw new Error('No such node')
  return found
}

/** A store, and a client of its own. */
async function startOne(nearCache?: { lease: number }) {
  const redis = clusterClient(cluster.nodes.map(({ port }) => port))
  redis.on('error', () => undefined)
  await redis.connect()
  const store = nearCache ? createSessionStore({ redis, nearCache }) : createSessionStore({ redis })
  return {
    redis,
    store,
    async signIn(userId: string) {
      const created = await store.create({ userId })
      if (created === null) throw new Error('The sign-in was refused')
      return created
    },
    [Symbol.dispose]: () => redis.disconnect(),
  }
}

async function moveUser(userId: string, from: PrivateNode, to: PrivateNode): Promise<void> {
  await askNode(from, (source) =>
    askNode(to, async (target) => {
      const finish = await moveSlot(slotOf(userId), source, target)
      await source.migrate('127.0.0.1', to.port, '', 0, 10_000, 'KEYS', keyOf(userId))
      await finish()
    }),
  )
}

interface SignedIn {
  readonly token: string
  readonly session: Session
}

/** Revokes two sessions of a user: one that is cached already, and one that is cached from now on. */
async function revokesBoth(other: SessionStore, near: SessionStore, first: SignedIn, second: SignedIn): Promise<void> {
  expect(await other.revoke(first.session.userId, first.session.id)).toBe(1)
  await refuses(near, first.token)
  await remembers(cluster.nodes, near, second.token)
  expect(await other.revoke(second.session.userId, second.session.id)).toBe(1)
  await refuses(near, second.token)
}

test.each([undefined, { lease: LONG }])('lookups of one turn share a write, near-cache %j', async (nearCache) => {
  using one = await startOne(nearCache)
  const [userId = ''] = await usersOn(master(0), 1)
  const signed = []
  while (signed.length < 10) signed.push(await one.signIn(userId))
  if (nearCache) await remembers(cluster.nodes, one.store, signed[0]?.token ?? '')
  // A node that was never asked has no stream yet.
  const streams = one.redis.nodes('master').flatMap(({ stream }: { stream?: Redis['stream'] }) => stream ?? [])
  const [single, many] = [
    streams.map((stream) => vi.spyOn(stream, '_write')),
    streams.map((stream) => vi.spyOn(stream, '_writev')),
  ]
  const found = await Promise.all(signed.map(({ token }) => one.store.validate(token, { strict: true })))
  expect(found).toEqual(signed.map(({ session }) => session))
  const times = (spies: MockInstance[]) => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0)
  expect({ single: times(single), many: times(many) }).toEqual({ single: 0, many: 1 })
})

test('a client that does not know that its Redis is of a Cluster looks them up one by one', async () => {
  const redis = new Redis({ ...longTimeouts, port: master(0).port, lazyConnect: true })
  await redis.connect()
  const store = createSessionStore({ redis })
  const signed = await Promise.all((await usersOn(master(0), 20)).map((userId) => store.create({ userId })))
  for (let again = 0; again < 2; again += 1) {
    const found = await Promise.all(signed.map((one) => store.validate(one?.token ?? '')))
    expect(found).toEqual(signed.map((one) => one?.session))
  }
  redis.disconnect()
})

test('each master publishes revocations, before and after a slot has moved', async () => {
  using other = await startOne()
  using near = await startOne({ lease: LONG })
  for (const at of [0, 1, 2]) {
    const [userId = ''] = await usersOn(master(at), 1)
    const { token, session } = await other.signIn(userId)
    await remembers(cluster.nodes, near.store, token)
    expect(await other.store.revoke(userId, session.id)).toBe(1)
    await refuses(near.store, token)
  }

  const [userId = ''] = await usersOn(master(0), 1)
  for (const [from, to] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const [first, second] = [await other.signIn(userId), await other.signIn(userId)]
    await remembers(cluster.nodes, near.store, first.token)
    await moveUser(userId, master(from), master(to))
    await revokesBoth(other.store, near.store, first, second)
  }
})

test('a master that hands over to its replica publishes no more, and what it published is forgotten', async () => {
  using other = await startOne()
  using near = await startOne({ lease: LONG })
  const [userId = ''] = await usersOn(master(1), 1)
  const [first, second] = [await other.signIn(userId), await other.signIn(userId)]
  await remembers(cluster.nodes, near.store, first.token)
  await askNode(replica(1), (client) => client.cluster('FAILOVER'))
  await until(
    'the replica has stepped in',
    async () => (await roleOf(replica(1))) === 'master' && (await roleOf(master(1))) === 'slave',
  )
  await revokesBoth(other.store, near.store, first, second)
})

test('a master that is cut off from the others: what its successor ends is refused within the bound', async () => {
  const lease = 1_000
  const [old, fresh] = [master(0), replica(0)]
  using near = await startOne({ lease })
  const [userId = ''] = await usersOn(old, 1)
  const [laptop, phone] = [await near.signIn(userId), await near.signIn(userId)]
  await remembers(cluster.nodes, near.store, laptop.token)
  await askNode(fresh, async (client) => {
    await client.readonly()
    await until('the replica has both', async () => (await client.hlen(keyOf(userId))) === 2)
  })

  await cluster.cutOff(old)
  const refused = lastPass(near.store, laptop.token)
  // By no way that leads past the new master.
  const revoke = (id: string) =>
    askNode(fresh, (redis) => answer(() => createSessionStore({ redis }).revoke(userId, id)))
  expect(await revoke(laptop.session.id)).toBe(1)
  const ended = performance.now()
  expect(await roleOf(old)).toBe('master')
  // The old master answers for at most half a node timeout longer, and the cache for one lease after that.
  expect((await refused) - ended).toBeLessThan(NODE_TIMEOUT / 2 + lease)

  cluster.heal()
  await until('the old master follows', async () => (await roleOf(old)) === 'slave')
  await remembers(cluster.nodes, near.store, phone.token)
  expect(await revoke(phone.session.id)).toBe(1)
  await refuses(near.store, phone.token)
})

test('a master that hangs is an outage within the lease', async () => {
  const lease = 150
  using near = await startOne({ lease })
  const [userId = ''] = await usersOn(master(2), 1)
  const { token } = await near.signIn(userId)
  await remembers(cluster.nodes, near.store, token)
  process.kill(master(2).server.pid, 'SIGSTOP')
  const hung = performance.now()
  let last = hung
  for (let passed = true; passed;) {
    const began = performance.now()
    // ioredis may report an outage late while a node of its Cluster hangs. Without an answer, nobody passes.
    const late = new Promise<null>((resolve) => setTimeout(resolve, 1_000, null))
    passed = (await Promise.race([near.store.validate(token).catch(() => null), late])) !== null
    if (passed) last = began
    await new Promise((resolve) => setImmediate(resolve))
  }
  process.kill(master(2).server.pid, 'SIGCONT')
  expect(last - hung).toBeLessThan(lease)
})
