import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type SqliteDatabase from 'libsql'
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  sql,
  type SqliteDatabase as KyselySqliteDatabase,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
} from 'kysely'
import { withAdvisoryLock, withFileLock } from './migration-lock.js'
import { openPostgres } from './postgres.js'
import { JoinableKysely } from './running-transaction.js'
import { probePostgres, probeSqlite } from './writable.js'
import { ensurePrivateFile, restrictToOwner } from './private-files.js'
import { openSqlite } from './sqlite-file.js'

/** Users and accounts. Sessions are never kept here. */
export interface Database {
  readonly kysely: Kysely<unknown>
  readonly type: 'sqlite' | 'postgres'
  /** Rejects when the database does not answer, within 2 s. */
  ping(): Promise<void>
  /** Rejects when the database can be read but takes no writes: its disk is full, or it is a standby. Writes, on SQLite. */
  checkWritable(): Promise<void>
  /**
   * Runs work that creates or changes tables while no other server does the same. A server that is killed gives up its
   * turn. Rejects after 60 s without a turn.
   */
  withMigrationLock<T>(work: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** `postgres://…`; without it an embedded SQLite file in `dataDir` is used. */
  readonly url?: string | undefined
  readonly dataDir: string
}

export function openDatabase({ url, dataDir }: DatabaseOptions): Database {
  if (url === undefined) {
    const kysely = new JoinableKysely({ dialect: sqlite(dataDir) })
    return {
      kysely,
      type: 'sqlite',
      ping: async () => void (await sql`select 1`.execute(kysely)),
      checkWritable: () => probeSqlite(kysely),
      withMigrationLock: (work) => withFileLock(join(dataDir, 'migration.lock'), work),
      close: () => kysely.destroy(),
    }
  }
  const { dialect, ping } = openPostgres(url)
  const kysely = new JoinableKysely({ dialect })
  return {
    kysely,
    type: 'postgres',
    ping,
    checkWritable: () => probePostgres(kysely),
    withMigrationLock: (work) => withAdvisoryLock(kysely, work),
    close: () => kysely.destroy(),
  }
}

function sqlite(dataDir: string): Dialect {
  const path = join(dataDir, 'rollcall.sqlite')
  // SQLite gives the files beside it the permissions of the database, but leaves those that are there as they are.
  ensurePrivateFile(path)
  for (const suffix of ['-wal', '-shm']) restrictToOwner(path + suffix)
  return new SharedFileDialect({
    database: async () => replaceWhenStuck(await openWhenFree(path), () => openFile(path)),
  })
}

/** The change to a write-ahead log needs the whole file, which another server may be opening just then. */
async function openWhenFree(path: string): Promise<SqliteDatabase.Database> {
  return retryWhileLocked(MAX_LOCK_WAIT_MS, () => openFile(path))
}

function openFile(path: string): SqliteDatabase.Database {
  const database = openSqlite(path)
  try {
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = FULL')
    database.pragma('foreign_keys = ON')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Milliseconds for another process to let go of the file, which has one writer at a time. */
const MAX_LOCK_WAIT_MS = 2_000
/** Milliseconds between two looks. */
const LOCK_POLL_MS = 10

class SharedFileDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig

  constructor(config: SqliteDialectConfig) {
    super(config)
    this.#config = config
  }

  override createDriver(): Driver {
    return new SharedFileDriver(this.#config)
  }
}

class SharedFileDriver extends SqliteDriver {
  /** SQLite's own waiting (busy_timeout) would block this whole process meanwhile. */
  override async acquireConnection(): Promise<DatabaseConnection> {
    const connection = await super.acquireConnection()
    return {
      executeQuery: <R>(query: CompiledQuery): Promise<QueryResult<R>> =>
        retryWhileLocked(MAX_LOCK_WAIT_MS, () => connection.executeQuery<R>(query)),
      streamQuery: (query, chunkSize) => connection.streamQuery(query, chunkSize),
    }
  }

  /** It takes the lock when it begins. One that reads first cannot write once another process has written in between. */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }

  /** SQLite itself ends a transaction whose disk is full or breaks. To end it again would hide that fault behind another one. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await super.rollbackTransaction(connection).catch((error: unknown) => {
      if (!(error instanceof Error) || !error.message.includes('no transaction is active')) throw error
    })
  }
}

/**
 * libsql never resets a statement that found the file locked (tursodatabase/libsql-client-ts#352). Its connection
 * sees the file as it was in that moment and can commit no more. So another one takes its place.
 */
function replaceWhenStuck(first: SqliteDatabase.Database, open: () => SqliteDatabase.Database): KyselySqliteDatabase {
  let database = first
  let stuck = false
  const watch = <T>(step: () => T): T => {
    try {
      return step()
    } catch (error) {
      stuck ||= isLocked(error)
      throw error
    }
  }
  return {
    prepare(sql) {
      if (stuck && !database.inTransaction) {
        const replaced = database
        database = open()
        stuck = false
        replaced.close()
      }
      const statement = watch(() => database.prepare(sql))
      return {
        reader: statement.reader,
        all: (parameters) => watch(() => statement.all(parameters)),
        run: (parameters) => watch(() => statement.run(parameters)),
        iterate: (parameters) => watch(() => statement.iterate(parameters)),
      }
    },
    close: () => void database.close(),
  }
}

function isLocked(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')
}

/** @param timeoutMs How long to try. */
async function retryWhileLocked<T>(timeoutMs: number, attempt: () => T | Promise<T>): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (!isLocked(error) || Date.now() > deadline) throw error
    }
    await pause(LOCK_POLL_MS)
  }
}
