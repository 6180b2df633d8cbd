import { expect, test } from 'vitest'
import { createSessionChanges, createSessionStore, type SessionChange } from '../src/index.js'
import { backends } from './helpers.js'
import { eventually } from './retry.js'

test.each(['Cluster', 'Sentinel'] as const)(
  'on a %s, one connection is notified of every user, whichever node has the key',
  async (kind) => {
    const { servers, redis } = await backends[kind]()
    redis.on('error', () => undefined)
    await redis.connect()
    const store = createSessionStore({ redis })
    const changes = createSessionChanges({ redis })
    const users = Array.from({ length: 12 }, (_, n) => `user ${n}`) // on every master of a Cluster
    const received = new Map<string, SessionChange[]>()
    for (const user of users) {
      received.set(user, [])
      changes.watch(user, (change) => received.get(user)?.push(change))
    }
    const all = (count: number) =>
      eventually(`each user has ${count} changes`, () => [...received.values()].every(({ length }) => length >= count))
    try {
      await all(1)
      for (const userId of users) {
        const created = await store.create({ userId })
        await store.revoke(userId, created?.session.id ?? '')
      }
      await all(3)
      for (const [user, seen] of received)
        expect(
          seen.map((change) => change.kind),
          user,
        ).toEqual(['live', 'created', 'ended'])
    } finally {
      changes.close()
      redis.disconnect()
      await servers.stop()
    }
  },
  30_000,
)
