import { Socket } from 'node:net'
import { PostgresDialect, type PostgresPool, type PostgresPoolClient, type PostgresQueryResult } from 'kysely'
import { Client, type ClientConfig, DatabaseError, Pool } from 'pg'

/** All in milliseconds. */
interface PostgresLimits {
  /** For a connection: a new one, or one that others have to give back first. */
  readonly connect: number
  /** For one query. */
  readonly query: number
  /** After which PostgreSQL ends a transaction that sends nothing: its client may be gone, and its locks are not. */
  readonly idleInTransaction: number
}

const defaultLimits: PostgresLimits = { connect: 2_000, query: 5_000, idleInTransaction: 10_000 }

/** Idle time (ms) after which TCP asks whether the other end is still there. */
const KEEP_ALIVE_MS = 10_000
/** How long (ms) a connection that is no longer needed may take to close in good order. */
const GOODBYE_MS = 1_000

const connectionFaults = new WeakSet<object>()

/** Whether PostgreSQL gave no answer: its connection broke, timed out or could not be made. */
export function isConnectionFault(error: Error): boolean {
  return connectionFaults.has(error)
}

/**
 * A pool in which a connection that gave no answer is never used again. `pg` itself would give a query up and return its
 * connection to the pool, where the next query waits behind the one that is stuck.
 */
export function openPostgres(
  connectionString: string,
  limits = defaultLimits,
): { dialect: PostgresDialect; ping(): Promise<void> } {
  const pool = new Pool({
    connectionString,
    connectionTimeoutMillis: limits.connect,
    query_timeout: limits.query,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    Client: Connection,
  })
  pool.on('error', () => undefined) // an idle connection broke; the next query opens another
  const idle = idleConnections(pool)

  /** Whatever broke one connection may have broken those that lie idle, and each would cost a timeout to find out. */
  function closeAll(broken: Connection): void {
    broken.destroy()
    for (const connection of idle) connection.destroy()
  }

  async function acquire(): Promise<Lease> {
    try {
      for (;;) {
        const client = await pool.connect()
        const lease = new Lease(client as Connection & typeof client, closeAll) // the pool makes them from the class it was given
        if (await lease.isUsable(limits)) return lease
      }
    } catch (error) {
      throw unavailable(error)
    }
  }

  async function probe(): Promise<void> {
    const start = performance.now()
    const lease = await acquire()
    try {
      await lease.query('select 1', [], Math.max(1, limits.connect - (performance.now() - start)))
    } finally {
      lease.release()
    }
  }

  let probing: Promise<void> | undefined
  return {
    dialect: new PostgresDialect({ pool: { connect: acquire, end: () => pool.end() } satisfies PostgresPool }),
    // However many ask at once, one connection is busy with it.
    ping: () => (probing ??= probe().finally(() => (probing = undefined))),
  }
}

/** A connection whose socket can be closed without the other end. */
class Connection extends Client {
  readonly #socket: Socket
  isPrepared = false
  isDestroyed = false

  constructor(config?: ClientConfig) {
    const socket = new Socket()
    super({ ...config, stream: () => socket })
    this.#socket = socket
    // Without a listener, a connection that breaks while it is in use ends the process. Its query fails by itself.
    this.on('error', () => undefined)
  }

  destroy(): void {
    this.isDestroyed = true
    this.#socket.destroy()
  }

  /** In good order, if the other end takes part. */
  override end(): Promise<void>
  override end(callback: (error: Error) => void): void
  override end(callback?: (error: Error) => void): Promise<void> | void {
    setTimeout(() => this.destroy(), GOODBYE_MS).unref()
    return callback === undefined ? super.end() : super.end(callback)
  }
}

/** One connection for as long as it is taken out of the pool. */
class Lease implements PostgresPoolClient {
  readonly #client: Connection & { release(error?: Error): void }
  readonly #onBroken: (connection: Connection) => void
  #broken: Error | undefined

  constructor(client: Connection & { release(error?: Error): void }, onBroken: (connection: Connection) => void) {
    this.#client = client
    this.#onBroken = onBroken
  }

  /** `false`: it was closed while it lay idle, which the pool does not know yet; it is given back. */
  async isUsable({ idleInTransaction }: PostgresLimits): Promise<boolean> {
    if (this.#client.isDestroyed) {
      this.#client.release(new Error('This connection is closed'))
      return false
    }
    if (this.#client.isPrepared) return true
    try {
      // As a query, since a pooler such as PgBouncer refuses this setting at the connect.
      await this.query(`set idle_in_transaction_session_timeout = ${idleInTransaction}`)
      this.#client.isPrepared = true
      return true
    } catch (error) {
      this.release()
      throw error
    }
  }

  query<R>(sql: string, parameters?: readonly unknown[], limit?: number): Promise<PostgresQueryResult<R>>
  query(cursor: never): never
  async query<R>(text: string, values: readonly unknown[] = [], limit?: number): Promise<PostgresQueryResult<R>> {
    if (this.#broken) throw this.#broken
    try {
      const query = { text, values: [...values], ...(limit !== undefined && { query_timeout: limit }) }
      return (await this.#client.query(query)) as unknown as PostgresQueryResult<R> // kysely's own view of what pg answers
    } catch (error) {
      if (isAnswer(error)) throw error
      this.#broken = unavailable(error)
      this.#onBroken(this.#client)
      throw this.#broken
    }
  }

  release(): void {
    this.#client.release(this.#broken)
  }
}

/** Whether the connection goes on after this error: PostgreSQL sent it, and did not end the connection with it. */
function isAnswer(error: unknown): boolean {
  return error instanceof DatabaseError && error.severity !== 'FATAL' && error.severity !== 'PANIC'
}

function unavailable(cause: unknown): Error {
  const error = cause instanceof Error ? cause : new Error(String(cause))
  connectionFaults.add(error)
  return error
}

/** The connections that no query uses. */
function idleConnections(pool: Pool): ReadonlySet<Connection> {
  const idle = new Set<Connection>()
  // The pool makes them from the class that it was given.
  pool.on('release', (_, client) => idle.add(client as unknown as Connection))
  pool.on('acquire', (client) => idle.delete(client as unknown as Connection))
  pool.on('remove', (client) => idle.delete(client as unknown as Connection))
  return idle
}
