import { expect, test } from 'vitest'
import { createSessionChanges, createSessionEvents } from '../src/index.js'
import { userTagOf } from '../src/record/token.js'
import { backends, longTimeouts, storeOn } from './helpers.js'
import { eventually } from './retry.js'

// ioredis adds the prefix of a client to the keys of commands alone: not to channels, patterns or keys in replies.

test.each(['', 'store:'])(
  'a client with a key prefix, a store with the prefix %j: changes are received, and pending events found',
  async (keyPrefix) => {
    const startClient = () => backends['single node']({ ...longTimeouts, keyPrefix: 'client[1]:' })
    await using t = await storeOn(startClient, { keyPrefix, onEvent: () => undefined })
    const changes = createSessionChanges({ redis: t.redis, keyPrefix })
    const received: string[] = []
    changes.watch('ada', ({ kind }) => received.push(kind))
    const receives = async (...kinds: string[]): Promise<void> => {
      await eventually(`${kinds.length} changes are received`, () => received.length >= kinds.length)
      expect(received).toEqual(kinds)
    }
    await receives('live')
    const { session } = await t.signIn()
    await t.store.revoke('ada', session.id)
    await receives('live', 'created', 'ended')
    changes.close()

    const events = createSessionEvents({ redis: t.redis, keyPrefix })
    const pending: string[] = []
    for await (const userTag of events.pendingUsers()) pending.push(userTag)
    expect(pending).toEqual([userTagOf('ada')])
    const { events: found } = await events.read(userTagOf('ada'))
    expect(found.map(({ kind }) => kind)).toEqual(['created', 'ended'])
    expect(await events.acquireSweepLease(60_000)).toBe(true)
    expect((await t.keys()).filter((key) => !key.startsWith(`${keyPrefix}user:`))).toEqual([])
  },
)
