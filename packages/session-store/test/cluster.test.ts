import type { PrivateNode } from '@rollcall/dev-redis'
import { failCommand } from '@rollcall/dev-redis/faults'
import { Cluster, type Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSessionChanges, createSessionEvents, createSessionStore, NotReplicatedError } from '../src/index.js'
import { userTagOf } from '../src/record/token.js'
import { refuses, remembers } from './caching.js'
import { killAmidRevocations, startDistantCluster, startServers } from './failover.js'
import { clusterClient, happens, longTimeouts, secondCopyOfIoredis } from './helpers.js'
import { retryUntilReplicated, Load, signIn } from './load.js'
import { askNode, connectionOf, keyOf, moveSlot, slotOf, usersOn } from './nodes.js'
import { until } from './retry.js'

let cluster: Awaited<ReturnType<typeof startDistantCluster>>
beforeAll(async () => {
  cluster = await startDistantCluster(20)
})
afterAll(() => cluster[Symbol.asyncDispose]())

function node(at: number): PrivateNode {
  const found = cluster.nodes[at]
  if (found === undefined) throw new Error('No such node')
  return found
}

const clients: Record<string, (ports: number[]) => Cluster> = {
  'of another copy of ioredis': (ports) => {
    const redis = clusterClient(ports, longTimeouts, secondCopyOfIoredis().Cluster)
    expect(redis).not.toBeInstanceOf(Cluster)
    return redis
  },
  'with a key prefix': (ports) => clusterClient(ports, { ...longTimeouts, keyPrefix: 'client:' }),
  'with a key prefix that its nodes lack': (ports) => {
    const nodes = ports.map((port) => ({ host: '127.0.0.1', port }))
    return new Cluster(nodes, { keyPrefix: 'client:', redisOptions: longTimeouts, lazyConnect: true })
  },
}

test.each(Object.entries(clients))(
  'a client %s: events, changes, the near-cache and replicas work on every master',
  async (_, clientTo) => {
    const redis = clientTo(cluster.nodes.map(({ port }) => port))
    redis.on('error', () => undefined)
    await redis.connect()
    const changes = createSessionChanges({ redis })
    try {
      const store = createSessionStore({ redis, onEvent: () => undefined })
      const users = (await Promise.all([0, 1, 2].map((at) => usersOn(node(at), 4)))).flat()
      for (const userId of users) await signIn(store, userId)
      const found = new Set<string>()
      for await (const userTag of createSessionEvents({ redis }).pendingUsers()) found.add(userTag)
      expect(users.filter((userId) => !found.has(userTagOf(userId)))).toEqual([])

      const near = createSessionStore({ redis, nearCache: { lease: 60_000 } })
      const replicated = createSessionStore({ redis, durability: 'replicated' })
      for (const userId of [users[0] ?? '', users[4] ?? '', users[8] ?? '']) {
        const received: string[] = []
        changes.watch(userId, ({ kind }) => received.push(kind))
        await until('the user is watched', async () => received.includes('live'))
        const { token, session } = await signIn(store, userId)
        await remembers(cluster.nodes, near, token)
        await retryUntilReplicated(() => replicated.revoke(userId, session.id))
        await refuses(near, token)
        await until('the revocation is received', async () => received.includes('ended'))
      }
    } finally {
      changes.close()
      redis.disconnect()
    }
  },
)

test.each([true, false])(
  'a client of ioredis 5.3 is refused by name as soon as it has nodes; lazy: %s',
  async (lazyConnect) => {
    const older = secondCopyOfIoredis()
    Object.assign(older.Redis.prototype, { setSocketTimeout: undefined }) // as in 5.3
    const nodes = cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
    const redis = new older.Cluster(nodes, { redisOptions: { commandTimeout: 10_000 }, lazyConnect })
    const store = createSessionStore({ redis })
    const cause = {
      name: 'UnsupportedRedisError',
      message: expect.stringContaining('lacks setSocketTimeout: pass a client'),
    }
    if (lazyConnect) await expect(redis.connect()).rejects.toMatchObject(cause)
    else await happens(redis, 'end')
    await expect(store.create({ userId: 'ada' })).rejects.toMatchObject({ name: 'SessionStoreUnavailableError', cause })
  },
)

test('slots that move to another master under load: nothing acknowledged is lost, and nothing fails', async () => {
  await using fast = await startServers(cluster, 'master', longTimeouts)
  await using safe = await startServers(cluster, 'replicated', longTimeouts)
  const stores = [...fast.servers.slice(0, 3), ...safe.servers.slice(0, 3)].map(({ store }) => store)
  const users = await usersOn(node(0), stores.length)
  const loads = stores.map((store, at) => new Load(store, users[at] ?? ''))
  let isOver = false
  const running = Promise.all(loads.map(async (load) => load.run(() => isOver)))

  const move = async (load: Load, from: Redis, to: Redis): Promise<void> => {
    const slot = slotOf(load.userId)
    const finish = await moveSlot(slot, from, to)
    await load.goesOn() // the key is still at its old master
    const keys = await from.cluster('GETKEYSINSLOT', slot, 10)
    await from.migrate('127.0.0.1', node(1).port, '', 0, 10_000, 'KEYS', ...keys)
    await load.goesOn() // the key is at the new one, which the old one has to be asked for: ASK
    await expect(from.hlen(keyOf(load.userId))).rejects.toThrow(/^ASK/)
    await finish()
    await load.goesOn() // everybody has to learn of the new one: MOVED
    await expect(from.hlen(keyOf(load.userId))).rejects.toThrow(/^MOVED/)
  }
  const moving = askNode(node(0), (from) =>
    askNode(node(1), async (to) => {
      for (const load of loads) await move(load, from, to)
    }),
  )
  await Promise.race([moving, running]) // a failed operation need not wait for the move
  await moving
  isOver = true
  await running

  for (const { store, userId, live, ended } of loads) {
    const listed = (await store.list(userId)).map(({ id }) => id)
    expect(listed.toSorted()).toEqual([...live.values()].toSorted())
    for (const [token, id] of live) expect(await store.validate(token)).toMatchObject({ id })
    expect(ended.size).toBeGreaterThan(3)
    for (const token of ended) expect(await store.validate(token)).toBeNull()
  }
})

test('a slot that moves: what stays of very many sessions, and the watermark of none, are not lost', async () => {
  await using application = await startServers(cluster, 'master', longTimeouts)
  const [{ redis } = { redis: undefined }] = application.servers
  if (redis === undefined) throw new Error('No server')
  const store = createSessionStore({ redis, maxSessionsPerUser: 1_000 })
  const users = await usersOn(node(1), 6)
  const [others = '', change = '', all = '', few = '', lone = '', full = ''] = users
  const signedIn = new Map<string, string[]>()
  for (const [userId, count] of [
    [others, 600],
    [change, 600],
    [all, 600],
    [few, 2],
    [lone, 1],
    [full, 600],
  ] as const) {
    const created = await Promise.all(Array.from({ length: count }, () => signIn(store, userId)))
    signedIn.set(
      userId,
      created.map(({ token }) => token),
    )
  }
  const first = (userId: string): string => signedIn.get(userId)?.[0] ?? ''
  const beforehand = await store.time()

  await askNode(node(1), (from) =>
    askNode(node(2), async (to) => {
      for (const slot of users.map(slotOf)) await moveSlot(slot, from, to)
      try {
        expect(await store.revokeOthers(first(others))).toBe(599)
        const rotated = await store.rotate(first(change), { credentialChange: true })
        expect(rotated?.revoked).toBe(599)
        expect(await store.revokeAll(all, { credentialChange: true })).toBe(600)
        expect(await store.revokeAll(few, { credentialChange: true })).toBe(2)
        expect(await store.revokeAll(lone)).toBe(1)
        await from.config('SET', 'maxmemory', '1') // which may be why the slot moves
        expect(await store.revokeAll(full, { credentialChange: true })).toBe(600)
        await from.config('SET', 'maxmemory', '0')
        expect(await store.validate(first(others))).not.toBeNull()
        expect(await store.validate(rotated?.token ?? '')).not.toBeNull()
      } finally {
        await from.config('SET', 'maxmemory', '0')
        for (const slot of users.map(slotOf)) {
          for (const end of [from, to]) await end.cluster('SETSLOT', slot, 'STABLE')
        }
      }
    }),
  )
  for (const userId of users) expect(await store.count(userId)).toBe(userId === others || userId === change ? 1 : 0)
  for (const userId of [change, all, few, full])
    expect(await store.create({ userId, startedAt: beforehand })).toBeNull()
})

test('a rotation whose reply is lost is sent again by the client, and is still that one rotation', async () => {
  await using application = await startServers(cluster, 'master', longTimeouts)
  const [{ redis, store } = { redis: undefined, store: undefined }] = application.servers
  if (redis === undefined) throw new Error('No server')
  const [ada = ''] = await usersOn(node(0), 1)
  const { token, session } = await signIn(store, ada)
  const other = await signIn(store, ada)
  await store.rotate(other.token) // from here on, Redis knows the script

  const failing = failCommand(connectionOf(redis, ada), 1, 'reply lost')
  const rotated = await store.rotate(token, { credentialChange: true })
  failing[Symbol.dispose]()
  expect(failing.reached()).toBe(true)
  expect(await store.validate(rotated?.token ?? '')).toMatchObject({ id: session.id })
  expect(await store.validate(token)).toBeNull()
  expect(await store.count(ada)).toBe(1)
})

describe('a master that is killed amid revocations', () => {
  test('limit: what it acknowledged alone may come back', async () => {
    await using application = await startServers(cluster, 'master', longTimeouts)
    const { acknowledged, cameBack } = await killAmidRevocations(cluster, application.servers, 0, cluster.replication)
    expect(acknowledged).toBeGreaterThan(0)
    expect(cameBack).toBeGreaterThan(0)
  })

  test('what a replica has confirmed stays ended', async () => {
    await using application = await startServers(cluster, 'replicated', longTimeouts)
    const { acknowledged, cameBack } = await killAmidRevocations(cluster, application.servers, 1)
    expect(acknowledged).toBeGreaterThan(0)
    expect(cameBack).toBe(0)
  })
})

describe('a replica that does not answer', () => {
  test('every revocation says so, holds on the master, delays no validation, and is confirmed when repeated later', async () => {
    await using application = await startServers(cluster, 'replicated', longTimeouts)
    const [{ store } = { store: undefined }] = application.servers
    if (store === undefined) throw new Error('No server')
    const [ada = '', bob = '', eve = '', joe = ''] = await usersOn(node(2), 4)
    const sessions = {
      revoked: await signIn(store, ada),
      witness: await signIn(store, ada),
      rotated: await signIn(store, bob),
      other: await signIn(store, bob),
      kept: await signIn(store, eve),
      others: await signIn(store, eve),
      all: await signIn(store, joe),
    }
    const revocations = {
      revoke: () => store.revoke(ada, sessions.revoked.session.id),
      rotate: async () => (await store.rotate(sessions.rotated.token, { credentialChange: true }))?.revoked ?? null,
      revokeOthers: () => store.revokeOthers(sessions.kept.token),
      revokeAll: () => store.revokeAll(joe),
    }
    process.kill(node(5).server.pid, 'SIGSTOP')
    try {
      for (const [name, end] of Object.entries(revocations)) {
        await expect(end(), name).rejects.toBeInstanceOf(NotReplicatedError)
      }
      const many = Promise.allSettled(Array.from({ length: 10 }, () => revocations.revoke())).then(
        () => 'ten revocations',
      )
      const one = store.validate(sessions.witness.token).then((session) => session?.userId)
      expect(await Promise.race([many, one])).toBe(ada)
      await many
      for (const ended of ['revoked', 'rotated', 'other', 'others', 'all'] as const) {
        expect(await store.validate(sessions[ended].token), ended).toBeNull()
      }
    } finally {
      process.kill(node(5).server.pid, 'SIGCONT')
    }
    const nothingLeft = [0, null] // null: the new secret went unanswered, so that this session has to sign in again
    for (const [name, end] of Object.entries(revocations)) {
      await until(`${name} is confirmed`, async () => nothingLeft.includes(await end().catch(() => NaN)))
    }
  })
})
