import { createSessionStore, profiles, redisOptions, type SessionStore } from '@rollcall/session-store'
import { Cluster, Redis } from 'ioredis'

// The documents show lines of these functions.

export async function validateAndTouch(store: SessionStore, token: string) {
  const session = await store.validate(token)
  if (session !== null) await store.touch(session) // writes once a minute at most
  return session
}

export function createClients() {
  const cluster = new Cluster([{ host: 'redis-1', port: 6379 }], {
    redisOptions,
    enableOfflineQueue: false,
    lazyConnect: true,
  })
  const sentinel = new Redis({
    ...redisOptions,
    sentinels: [{ host: 'sentinel-1', port: 26379 }],
    name: 'main',
    lazyConnect: true,
  })
  return { cluster, sentinel }
}

export function createStrictStore(redis: Redis) {
  const store = createSessionStore({ redis, timeouts: profiles.aal2 })
  return store
}
