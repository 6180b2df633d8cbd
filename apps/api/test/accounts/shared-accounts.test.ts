import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '@rollcall/dev-postgres'
import { startRedis } from '@rollcall/dev-redis'
import { createSessionStore } from '@rollcall/session-store'
import { Redis } from 'ioredis'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createAuth } from '../../src/accounts/auth.js'
import { openDatabase } from '../../src/accounts/database/database.js'
import { databases, quietAuth } from './helpers.js'

test.each(databases)(
  'on %s, an account of a provider that two users share keeps no server from its start',
  async (kind) => {
    await using postgres = kind === 'postgres' ? await startPostgres() : undefined
    await using redis = await startRedis()
    const client = new Redis(redis.url)
    const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-shared-'))
    const database = openDatabase({ dataDir, url: postgres?.url })
    const lines: string[] = []
    const start = () =>
      createAuth({
        ...quietAuth,
        store: createSessionStore({ redis: client }),
        database,
        log: (_, line) => lines.push(line),
      })
    try {
      await start()
      expect(lines).toEqual([])
      await sql`drop index account_owner`.execute(database.kysely)
      const now = kind === 'postgres' ? new Date() : '2026-01-01'
      for (const id of ['first', 'second']) {
        await sql`insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
        values (${id}, ${id}, ${id}, ${kind === 'postgres' ? true : 1}, ${now}, ${now})`.execute(database.kysely)
        await sql`insert into account (id, "userId", "providerId", "accountId", "createdAt", "updatedAt")
        values (${id}, ${id}, 'acme', '1', ${now}, ${now})`.execute(database.kysely)
      }
      await start()
      expect(lines).toEqual([expect.stringContaining('(first, second)')])
    } finally {
      client.disconnect()
      await database.close()
      await rm(dataDir, { recursive: true, force: true })
    }
  },
)
