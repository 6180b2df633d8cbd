import type { SessionAdmin } from '@rollcall/admin'
import {
  type Access,
  openConfiguredPlaces,
  connectOperator,
  createAdmin,
  type Database,
  explainDatabaseErrors,
  openConfiguredDatabase,
  readSettings,
  type Settings,
} from '@rollcall/api/operator'
import { type Clock, createRedisClock } from '@rollcall/session-store'

export interface Connections {
  readonly settings: Settings
  readonly database: Database
  readonly admin: SessionAdmin
  /** That of Redis, which dates sessions. The clock of this machine may be wrong. */
  readonly clock: Clock
}

/**
 * Runs a command with Redis alone, by the settings of the server, and closes it after it.
 *
 * @param access What the command does in Redis.
 */
export async function withAdmin<T>(
  access: Access,
  work: (admin: SessionAdmin, settings: Settings, clock: Clock) => Promise<T>,
): Promise<T> {
  const settings = readSettings()
  const redis = await connectOperator(settings, access)
  try {
    const clock = await createRedisClock({ redis, keyPrefix: settings.keyPrefix })
    try {
      return await work(createAdmin(settings, redis, clock.now, openConfiguredPlaces(settings)), settings, clock.now)
    } finally {
      clock.close()
    }
  } finally {
    redis.disconnect()
  }
}

/** Runs a command with Redis and SQL. It connects to SQL when the command first asks for something. */
export function withConnections<T>(access: Access, work: (connections: Connections) => Promise<T>): Promise<T> {
  return withAdmin(access, (admin, settings, clock) =>
    explainDatabaseErrors(settings, async () => {
      const database = openConfiguredDatabase(settings)
      try {
        return await work({ settings, database, admin, clock })
      } finally {
        await database.close()
      }
    }),
  )
}
