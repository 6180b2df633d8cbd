import type { Cluster, Redis } from 'ioredis'
import { nameInRedis } from '../redis/cluster.js'
import { clockKey, operationsKey, sessionsKey } from '../record/keys.js'
import { parseChange, parseChangeOfUsers, type SessionChange } from './session-change.js'
import { Subscriber } from '../redis/subscriber.js'
import { superviseClient } from '../redis/supervise.js'
import { userTagOf } from '../record/token.js'

/**
 * Changes as they happen, on any server: each is published inside the atomic step that makes it. Redis delivers a message at
 * most once, so a message only triggers a re-check, and `validate` decides.
 */
export interface SessionChanges {
  /**
   * Calls the listener with `live` once no change can be missed any more, then with every change.
   *
   * @returns A function that stops it.
   */
  watch(userId: string, listener: Listener): () => void
  /**
   * Calls the listener whenever an operation across users may have changed, and once no such change can be missed any more.
   *
   * @returns A function that stops it.
   */
  watchOperations(listener: () => void): () => void
  close(): void
}

export interface SessionChangesOptions {
  /** The client of the store. The one connection that subscribes is made like it, at the first `watch`. */
  readonly redis: Redis | Cluster
  /** The key prefix of the store. Default: none. */
  readonly keyPrefix?: string
}

type Listener = (change: SessionChange) => void

interface Channel {
  readonly listeners: Set<Listener>
  /** Redis has confirmed the subscription. */
  isLive: boolean
}

export function createSessionChanges({ redis, keyPrefix = '' }: SessionChangesOptions): SessionChanges {
  superviseClient(redis)
  const channels = new Map<string, Channel>()
  /** The channel of changes that concern all users. */
  const everybody = nameInRedis(redis, clockKey(keyPrefix))

  function notify(name: string, change: SessionChange): void {
    for (const listener of channels.get(name)?.listeners ?? []) listener(change)
  }

  const subscriber = new Subscriber({
    redis,
    channels: () => (channels.size === 0 ? [] : [everybody, ...channels.keys()]),
    onMessage(name, text) {
      const changeOf = name === everybody ? parseChangeOfUsers(text) : null
      if (changeOf !== null) return changeOf.forEach((change, channel) => notify(channel, change))
      const change = parseChange(text)
      for (const channel of name === everybody ? channels.keys() : [name]) notify(channel, change)
    },
    onSubscribed(names) {
      for (const name of names) {
        const channel = channels.get(name)
        if (channel !== undefined) channel.isLive = true
        notify(name, { kind: 'live' })
      }
    },
    onLost() {
      for (const [name, channel] of channels) {
        if (channel.isLive) notify(name, { kind: 'lost' })
        channel.isLive = false
      }
    },
  })

  function watch(name: string, listener: Listener): () => void {
    const channel = channels.get(name) ?? { listeners: new Set(), isLive: false }
    const isNew = channel.listeners.size === 0
    channel.listeners.add(listener)
    channels.set(name, channel)
    if (isNew && channels.size === 1) subscriber.subscribe(everybody)
    if (isNew) subscriber.subscribe(name)
    else if (channel.isLive) queueMicrotask(() => channel.listeners.has(listener) && listener({ kind: 'live' }))

    return () => {
      if (!channel.listeners.delete(listener) || channel.listeners.size > 0) return
      channels.delete(name)
      subscriber.unsubscribe(name)
      if (channels.size === 0) subscriber.unsubscribe(everybody)
    }
  }

  return {
    watch: (userId, listener) => watch(nameInRedis(redis, sessionsKey(keyPrefix, userTagOf(userId))), listener),
    watchOperations: (listener) => watch(operationsChannel(redis, keyPrefix), () => listener()),

    close() {
      channels.clear()
      subscriber.close()
    },
  }
}

/** The channel of messages about operations across users, which `watchOperations` subscribes to. */
export function operationsChannel(redis: Redis | Cluster, keyPrefix: string): string {
  return nameInRedis(redis, operationsKey(keyPrefix))
}
