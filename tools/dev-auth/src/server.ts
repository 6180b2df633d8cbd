import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '@rollcall/dev-redis'
import { connectRedis, createSessionStore, redisOptions } from '@rollcall/session-store'
import { toNodeHandler } from 'better-auth/node'
import { Redis } from 'ioredis'
import { Kysely, sql, SqliteDialect } from 'kysely'
import SqliteFile from 'libsql'

export const password = 'correct horse battery'

export const secret = 'a secret for tests, of some length'

/** The part of a database that tests need. */
export interface SqlDatabase {
  readonly kysely: Kysely<unknown>
  readonly type: 'sqlite' | 'postgres'
  close(): Promise<void>
}

/** One of the plugin's audit. */
export interface AuditedEvent {
  readonly event: string
  readonly result: string
  readonly userId?: string
  readonly emailHash?: string
  readonly sessionId?: string
  readonly ipAddress?: string
  readonly ended?: number
}

export function openSqlite(dataDir: string): SqlDatabase {
  const file = new SqliteFile(join(dataDir, 'application.sqlite'))
  file.pragma('journal_mode = WAL')
  file.pragma('synchronous = OFF') // it need not outlive the test
  file.pragma('foreign_keys = ON')
  const kysely = new Kysely<unknown>({ dialect: new SqliteDialect({ database: file }) })
  return { kysely, type: 'sqlite', close: () => kysely.destroy() }
}

/** A store on a Redis of its own, a database of its own, and an HTTP server that answers nothing yet. */
export async function startServerOn<Database extends SqlDatabase>(open: (dataDir: string) => Database) {
  const dataDir = mkdtempSync(join(tmpdir(), 'rollcall-auth-'))
  const server = await startRedis()
  // Five times the default: on a busy machine, a Redis that is up may take longer than that.
  const timeouts = { commandTimeout: 1_000, socketTimeout: 2_000 }
  const redis = new Redis(server.url, { ...redisOptions, ...timeouts, lazyConnect: true })
  redis.on('error', () => undefined) // every failed command rejects by itself
  await connectRedis(redis)
  const clock = { offset: 0 }
  const store = createSessionStore({ redis, clock: () => Date.now() + clock.offset })
  const database = open(dataDir)
  const events: AuditedEvent[] = []
  const http = createServer()
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    server,
    redis,
    clock,
    store,
    database,
    events,
    audit: (event: AuditedEvent): void => void events.push(event),
    http,
    origin: `http://127.0.0.1:${portOf(http.address())}`,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      http.close()
      await database.close()
      redis.disconnect()
      await server.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** Lets better-auth answer every request to the server, which answers 500 to what it throws. */
export function answer(http: Server, auth: Parameters<typeof toNodeHandler>[0]): void {
  const handler = toNodeHandler(auth)
  http.on('request', (request, response) => {
    handler(request, response).catch(() => response.writeHead(500).end())
  })
}

export function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  return address.port
}

/** As if the user had never had a password or a provider: no policy notices it. */
export async function deleteAccounts({ kysely }: Pick<SqlDatabase, 'kysely'>, userId: string): Promise<void> {
  await sql`delete from "account" where "userId" = ${userId}`.execute(kysely)
}

/** Every byte of the session table: there must never be a row. */
export async function sessionRows({ kysely }: Pick<SqlDatabase, 'kysely'>): Promise<number> {
  return (
    await kysely
      .selectFrom('session' as never)
      .selectAll()
      .execute()
  ).length // its schema is better-auth's
}
