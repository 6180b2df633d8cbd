import type { Redis } from 'ioredis'
import { expect } from 'vitest'
import type { SessionChange, SessionChanges } from '../src/index.js'
import { userTagOf } from '../src/record/token.js'
import { eventually } from './retry.js'

export const channelOf = (userId: string): string => `user:{${userTagOf(userId)}}:sessions`

/** The changes that a user's watcher receives, in order. */
export function watchChanges(changes: SessionChanges, userId: string) {
  const received: SessionChange[] = []
  const stop = changes.watch(userId, (change) => received.push(change))
  return {
    received,
    stop,
    /** Waits for `count` changes, and removes them. */
    async next(count = 1): Promise<SessionChange[]> {
      await eventually(`${count} changes are received`, () => received.length >= count)
      return received.splice(0, count)
    },
  }
}

export async function watchLive(changes: SessionChanges, userId: string) {
  const watcher = watchChanges(changes, userId)
  expect(await watcher.next()).toEqual([{ kind: 'live' }])
  return watcher
}

/** Resolves once Redis has as many subscribers of the channel. */
export async function subscribersAre(redis: Redis, count: number, channel: string): Promise<void> {
  await eventually(`${count} connections subscribe`, async () => {
    const [, subscribed] = (await redis.call('PUBSUB', 'NUMSUB', channel)) as [string, number] // what Redis answers
    return subscribed === count
  })
}
