import { createSessionAdmin, type SessionAdmin } from '@rollcall/admin'
import type { PlaceOf } from '@rollcall/devices'
import { type Clock, SessionStoreUnavailableError } from '@rollcall/session-store'
import type { Cluster, Redis } from 'ioredis'
import type { Settings } from '../settings/env.js'
import { connectOperator } from '../redis/connect.js'

export interface AdminConnection {
  /** @throws {SessionStoreUnavailableError} if Redis cannot be reached; the next call tries again. */
  open(): Promise<SessionAdmin>
  close(): void
}

/** The sessions of all users, through a client of its own. It connects when somebody first needs it. */
export function adminConnection(settings: Settings, clock: Clock, placeOf: PlaceOf): AdminConnection {
  let client: Redis | Cluster | undefined
  let opened: Promise<SessionAdmin> | undefined
  let isClosed = false

  async function connect(): Promise<SessionAdmin> {
    try {
      client = await connectOperator(settings, 'revoke')
    } catch (error) {
      opened = undefined
      throw new SessionStoreUnavailableError(error)
    }
    if (isClosed) client.disconnect()
    return createAdmin(settings, client, clock, placeOf)
  }

  return {
    open: () => (opened ??= connect()),
    close() {
      isClosed = true
      client?.disconnect()
    },
  }
}

/** @param redis A client of `connectOperator`. */
export function createAdmin(
  { keyPrefix, durability, places }: Settings,
  redis: Redis | Cluster,
  clock: Clock,
  placeOf: PlaceOf,
): SessionAdmin {
  return createSessionAdmin({ redis, keyPrefix, clock, durability, ...(places && { placeOf }) })
}
