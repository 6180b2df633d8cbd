import { createHmac, randomBytes } from 'node:crypto'
import { redisStorage } from '@better-auth/redis-storage'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { Kysely, SqliteDialect } from 'kysely'
import type { Redis } from 'ioredis'
import SqliteDatabase from 'libsql'

const secret = 'a secret for benches, of some length'

/** Better-auth as its documentation sets it up: sessions in its own Redis storage, or, without one, in SQL. */
export async function startBetterAuth(redis?: Redis) {
  const kysely = new Kysely<{ user: Record<string, string | number> }>({
    dialect: new SqliteDialect({ database: new SqliteDatabase(':memory:') }),
  })
  const config = {
    baseURL: 'http://localhost',
    secret,
    database: { db: kysely, type: 'sqlite' as const },
    rateLimit: { enabled: false },
    logger: { disabled: true },
    telemetry: { enabled: false },
    ...(redis && { secondaryStorage: redisStorage({ client: redis }) }),
  }
  await (await getMigrations(config)).runMigrations()
  const auth = betterAuth(config)
  const { internalAdapter, authCookies } = await auth.$context

  return {
    /** Ids of new users. */
    async createUsers(count: number): Promise<string[]> {
      const ids = Array.from({ length: count }, () => randomBytes(24).toString('base64url')) // as long as better-auth's
      const at = new Date().toISOString()
      for (let n = 0; n < count; n += 1_000) {
        const rows = ids.slice(n, n + 1_000).map((id) => {
          return {
            id,
            name: 'Ada Lovelace',
            email: `${id}@example.org`,
            emailVerified: 1,
            createdAt: at,
            updatedAt: at,
          }
        })
        await kysely.insertInto('user').values(rows).execute()
      }
      return ids
    },

    /** The headers of a request that comes with a new session. */
    async signIn(userId: string, session: { ipAddress: string; userAgent: string }): Promise<Headers> {
      const { token } = await internalAdapter.createSession(userId, false, session)
      const signature = createHmac('sha256', secret).update(token).digest('base64')
      return new Headers({ cookie: `${authCookies.sessionToken.name}=${encodeURIComponent(`${token}.${signature}`)}` })
    },

    getSession: (headers: Headers) => auth.api.getSession({ headers }),
    close: () => kysely.destroy(),
  }
}
