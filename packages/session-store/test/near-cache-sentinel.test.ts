import { type PrivateNode, type PrivateSentinel, startSentinel } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { createSessionStore, redisOptions } from '../src/index.js'
import { lastPass, refuses, remembers } from './caching.js'
import { askNode, keyOf, roleOf } from './nodes.js'
import { answer, until } from './retry.js'

/** Longer than it takes a replica to step in: what was remembered before might pass after it. */
const LEASE = 4_000

/** A store, and a client of its own. */
async function startOne({ name, sentinels }: PrivateSentinel, nearCache?: { lease: number }) {
  const redis = new Redis({
    ...redisOptions,
    sentinels: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
    name,
    lazyConnect: true,
  })
  redis.on('error', () => undefined)
  await redis.connect()
  const store = nearCache ? createSessionStore({ redis, nearCache }) : createSessionStore({ redis })
  return {
    redis,
    store,
    async signIn() {
      const created = await answer(() => store.create({ userId: 'ada' }))
      if (created === null) throw new Error('The sign-in was refused')
      return created
    },
    [Symbol.dispose]: () => redis.disconnect(),
  }
}

function pair({ nodes }: PrivateSentinel): [master: PrivateNode, replica: PrivateNode] {
  const [master, replica] = nodes
  if (master === undefined || replica === undefined) throw new Error('There are two')
  return [master, replica]
}

test.each([
  ['is killed', 'SIGKILL'],
  ['hangs, and comes back taking itself for the master', 'SIGSTOP'],
] as const)(
  'a master that %s: what the new one ends is refused within the lease, and the cache works on',
  async (_, signal) => {
    await using servers = await startSentinel()
    const [master, replica] = pair(servers)
    using other = await startOne(servers)
    using near = await startOne(servers, { lease: LEASE })
    using idle = await startOne(servers, { lease: LEASE })
    const [laptop, phone] = [await other.signIn(), await other.signIn()]
    for (const { store } of [near, idle]) await remembers(servers.nodes, store, laptop.token)
    await until(
      'the replica has both',
      async () => (await askNode(replica, (client) => client.hlen(keyOf('ada')))) >= 2,
    )

    process.kill(master.server.pid, signal)
    const refused = lastPass(near.store, laptop.token)
    await until('the replica has stepped in', async () => (await roleOf(replica)) === 'master')
    expect(await answer(() => other.store.revoke('ada', laptop.session.id))).toBe(1)
    const ended = performance.now()
    expect((await refused) - ended).toBeLessThan(LEASE)

    if (signal === 'SIGSTOP') {
      // Nobody has asked this server in the meantime: its cache has noticed by itself that the old master is gone.
      await until('the other one has left', async () => idle.redis.stream?.remotePort === replica.port)
      process.kill(master.server.pid, 'SIGCONT')
      expect(await roleOf(master)).toBe('master')
    }
    for (const { store } of [near, idle]) {
      expect(await answer(() => store.validate(laptop.token))).toBeNull()
      await remembers([replica], store, phone.token)
    }
    expect(await other.store.revoke('ada', phone.session.id)).toBe(1)
    for (const { store } of [near, idle]) await refuses(store, phone.token)
  },
)
