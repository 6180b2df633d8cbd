import { createSessionAdmin, type SessionAdmin } from '@rollcall/admin'
import type { PlaceOf } from '@rollcall/devices'
import { type Clock, connectRedis, SessionStoreUnavailableError } from '@rollcall/session-store'
import type { Cluster, Redis } from 'ioredis'
import type { Settings } from '../env.js'
import { createRedisClient } from '../redis/connect.js'

/** A scan waits longer than a request does. In milliseconds. */
const TIMEOUTS = { commandTimeout: 10_000, socketTimeout: 15_000 }

export interface AdminConnection {
  /** @throws {SessionStoreUnavailableError} if Redis cannot be reached; the next call tries again. */
  open(): Promise<SessionAdmin>
  close(): void
}

/** The sessions of all users, through a client of its own. It connects when an administrator first needs it. */
export function adminConnection(
  { redis: where, keyPrefix, durability, places }: Settings,
  clock: Clock,
  placeOf: PlaceOf,
): AdminConnection {
  let client: Redis | Cluster | undefined
  let opened: Promise<SessionAdmin> | undefined

  async function connect(): Promise<SessionAdmin> {
    client = createRedisClient(where, TIMEOUTS)
    client.on('error', () => undefined) // each command rejects by itself
    try {
      const redis = await connectRedis(client)
      return createSessionAdmin({ redis, keyPrefix, clock, durability, ...(places && { placeOf }) })
    } catch (error) {
      opened = undefined
      throw new SessionStoreUnavailableError(error)
    }
  }

  return {
    open: () => (opened ??= connect()),
    close: () => client?.disconnect(),
  }
}
