import type { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSessionChanges, type SessionChanges } from '../src/index.js'
import { startStore } from './helpers.js'
import { channelOf, subscribersAre, watchLive } from './watching.js'

/** The channel of changes that concern all users. */
const everybody = 'user:clock'

let t: Awaited<ReturnType<typeof startStore>>
let changes: SessionChanges
beforeEach(async () => {
  t = await startStore()
  changes = createSessionChanges({ redis: t.redis })
})
afterEach(async () => {
  changes.close()
  await t[Symbol.asyncDispose]()
})

const live = (userId: string) => watchLive(changes, userId)
const subscribers = (count: number, channel: string) => subscribersAre(t.redis, count, channel)

describe('a message on the channel of all users', () => {
  const operation = { id: 'the operation', reason: 'a leak' }
  const publish = (message: object) => t.redis.publish(everybody, JSON.stringify({ kind: 'ended', ...message }))
  const toAll = { cause: 'operator', allBut: null, operation }
  const received = { kind: 'ended', by: null, ...toAll }

  test('reaches the users that it names, each of their own sessions; or all of them', async () => {
    const [ada, bob] = [await live('ada'), await live('bob')]
    const users = { [channelOf('ada')]: ['her session'], [channelOf('carl')]: ['his session'] }
    await publish({ cause: 'operator', users, operation })
    await publish(toAll)
    expect(await ada.next(2)).toEqual([
      { kind: 'ended', cause: 'operator', by: null, ids: ['her session'], operation },
      received,
    ])
    expect(await bob.next()).toEqual([received])
    expect([...ada.received, ...bob.received]).toEqual([])
  })

  test.each([
    ['names users and cannot be read: those', { users: { [channelOf('ada')]: [7] } }, ['ada']],
    ['cannot be read at all: everybody', { cause: 'a later one' }, ['ada', 'bob']],
    ['names users in another way: everybody', { users: 7 }, ['ada', 'bob']],
  ])('that %s still receive that something changed', async (_, message, users) => {
    const watchers = { ada: await live('ada'), bob: await live('bob') }
    await publish(message)
    await publish(toAll)
    for (const [user, { next }] of Object.entries(watchers)) {
      const isMeant = users.includes(user)
      expect(await next(isMeant ? 2 : 1)).toEqual([...(isMeant ? [{ kind: 'live' }] : []), received])
    }
  })

  test('is received as long as anybody watches, and again by who watches later', async () => {
    const [ada, bob] = [await live('ada'), await live('bob')]
    bob.stop()
    await subscribers(0, channelOf('bob'))
    await publish(toAll)
    expect(await ada.next()).toEqual([received])
    ada.stop()
    await subscribers(0, everybody)
    const carl = await live('carl')
    await subscribers(1, everybody)
    await publish(toAll)
    expect(await carl.next()).toEqual([received])
  })
})

test('a connection that nobody needs any more comes back, and subscribes to nothing', async () => {
  const watcher = await live('ada')
  watcher.stop()
  await subscribers(0, everybody)
  const duplicate = t.redis.duplicate.bind(t.redis)
  const reopened = new Promise<Redis>((resolve) => {
    t.redis.duplicate = (...args) => {
      const connection = duplicate(...args)
      connection.once('ready', () => resolve(connection))
      return connection
    }
  })
  const ids = String(await t.redis.client('LIST')).match(/(?<=^id=)\d+/gm)
  await t.redis.call('CLIENT', 'KILL', 'ID', ids?.at(-1) ?? '')
  const connection = await reopened
  await live('bob')
  expect(connection.status).toBe('ready')
  const subscribed = (await t.redis.call('PUBSUB', 'CHANNELS')) as string[] // names
  expect(new Set(subscribed)).toEqual(new Set([everybody, channelOf('bob')]))
})
