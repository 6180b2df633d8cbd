import { createSessionAdmin, type SessionAdmin } from '@rollcall/admin'
import {
  createOperatorLog,
  createRedisClient,
  type Database,
  migrate,
  openDatabase,
  openPlaces,
  readSettings,
  type Settings,
  StartError,
} from '@rollcall/api/operator'
import { connectRedis, createRedisClock } from '@rollcall/session-store'
import type { Cluster, Redis } from 'ioredis'

/** An operator waits longer than a request does. In milliseconds. */
const TIMEOUTS = { commandTimeout: 10_000, socketTimeout: 15_000 }

export interface Connections {
  readonly settings: Settings
  readonly redis: Redis | Cluster
  readonly database: Database
  readonly admin: SessionAdmin
}

/** Runs a command with Redis and SQL, by the settings of the server, and closes both after it. */
export async function withConnections<T>(work: (connections: Connections) => Promise<T>): Promise<T> {
  const settings = readSettings()
  const redis = await openRedis(settings)
  const database = openDatabase({ url: settings.databaseUrl, dataDir: settings.dataDir })
  try {
    await migrate(database)
    const clock = await createRedisClock({ redis, keyPrefix: settings.keyPrefix })
    try {
      const admin = createSessionAdmin({
        redis,
        keyPrefix: settings.keyPrefix,
        clock: clock.now,
        durability: settings.durability,
        ...(settings.places && { placeOf: openPlaces() }),
      })
      return await work({ settings, redis, database, admin })
    } finally {
      clock.close()
    }
  } finally {
    redis.disconnect()
    await database.close()
  }
}

async function openRedis(settings: Settings): Promise<Redis | Cluster> {
  const redis = createClient(settings)
  try {
    return await connectRedis(redis)
  } catch (error) {
    throw new StartError(`Redis cannot be used: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** A client that is not connected yet. */
export function createClient(settings: Settings): Redis | Cluster {
  const redis = createRedisClient(settings.redis, TIMEOUTS)
  const log = createOperatorLog()
  redis.on('error', (error: Error) => log.debug({ err: error }, 'Redis')) // each command rejects by itself
  return redis
}
