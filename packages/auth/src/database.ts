import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import SqliteDatabase from 'libsql'
import { Kysely, PostgresDialect, sql, SqliteDialect } from 'kysely'
import { Pool } from 'pg'

/** Users and accounts. Sessions are never kept here. */
export interface Database {
  readonly kysely: Kysely<unknown>
  readonly type: 'sqlite' | 'postgres'
  /** Rejects when the database does not answer. */
  ping(): Promise<void>
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** `postgres://…`; without it an embedded SQLite file in `dataDir` is used. */
  readonly url?: string | undefined
  readonly dataDir: string
}

export function openDatabase({ url, dataDir }: DatabaseOptions): Database {
  const [type, dialect] = url === undefined ? (['sqlite', sqlite(dataDir)] as const) : (['postgres', postgres(url)] as const)
  const kysely = new Kysely<unknown>({ dialect })
  return {
    kysely,
    type,
    ping: async () => void (await sql`select 1`.execute(kysely)),
    close: () => kysely.destroy(),
  }
}

function sqlite(dataDir: string): SqliteDialect {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const database = new SqliteDatabase(join(dataDir, 'rollcall.sqlite'))
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.pragma('foreign_keys = ON')
  database.pragma('busy_timeout = 2000')
  return new SqliteDialect({ database })
}

function postgres(connectionString: string): PostgresDialect {
  const pool = new Pool({ connectionString, connectionTimeoutMillis: 2_000, query_timeout: 5_000 })
  pool.on('error', () => undefined) // an idle connection that broke; the next query opens another
  return new PostgresDialect({ pool })
}
