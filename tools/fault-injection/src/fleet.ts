import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { lineTo, type PostgresLine, type PrivatePostgres } from '@rollcall/dev-postgres'
import type { PrivatePair } from '@rollcall/dev-redis'
import { type ApiServer, startApi } from '@rollcall/dev-servers'
import type { Connection, Server } from './history.js'
import { dropHdel, type Proxy, startProxy } from './proxy.js'
import type { Random } from './random.js'

interface FleetOptions {
  readonly dropHdel?: number | undefined
  readonly nearCacheLeaseMs?: number | undefined
}

/** The servers, each behind a proxy of its own. */
export class Fleet {
  readonly servers = new Map<number, ApiServer>()
  readonly connections: (Connection & { closed: number | null })[] = []
  readonly #dir: string
  readonly #redis: PrivatePair
  readonly #postgres: PrivatePostgres | null
  readonly #nearCacheLeaseMs: number | undefined
  /** Counts for all proxies together: every n-th deletion of one session is left out. */
  readonly #rewrite: ReturnType<typeof dropHdel> | undefined
  readonly #proxies = new Map<number, Proxy>()
  readonly #orphans: Proxy[] = []
  readonly #lines: PostgresLine[] = []
  readonly #ended = new Map<number, number>()
  #lives = 0

  constructor(
    dir: string,
    redis: PrivatePair,
    postgres: PrivatePostgres | null,
    { dropHdel: drop, nearCacheLeaseMs }: FleetOptions,
  ) {
    this.#dir = dir
    this.#redis = redis
    this.#postgres = postgres
    this.#nearCacheLeaseMs = nearCacheLeaseMs
    this.#rewrite = drop === undefined ? undefined : dropHdel(drop)
  }

  /** A proxy before Redis, for a server that is about to start or for a store of the test's own. */
  async startProxy(): Promise<{ id: number; socket: string }> {
    const id = this.#lives
    this.#lives += 1
    const path = join(this.#dir, `redis-${id}.sock`)
    const onOpen = () => {
      const connection: (typeof this.connections)[number] = { server: id, opened: performance.now(), closed: null }
      this.connections.push(connection)
      return () => void (connection.closed = performance.now())
    }
    this.#proxies.set(
      id,
      await startProxy({ path, redis: () => this.#redis.master().server.url, onOpen, rewrite: this.#rewrite }),
    )
    return { id, socket: path }
  }

  async start(env: NodeJS.ProcessEnv = {}): Promise<void> {
    const { id, socket } = await this.startProxy()
    const line = this.#postgres && (await lineTo(this.#postgres.url))
    if (line) this.#lines.push(line)
    const ownEnv = { ...env, ...(line && { DATABASE_URL: line.url }) }
    this.servers.set(id, await startApi(this.#dir, socket, this.#nearCacheLeaseMs, ownEnv))
  }

  /** SIGSTOP for up to 1.5 s, as a busy machine or a sleeping VM would. */
  async pause(random: Random): Promise<void> {
    const [, server] = random.of([...this.servers])
    await server.pause(100 + random.below(1_400))
  }

  async kill(random: Random): Promise<void> {
    await this.#end(random, (server) => server.kill())
  }

  /** As a deploy stops it: it answers what is under way. */
  async drain(random: Random): Promise<void> {
    await this.#end(random, async (server) => {
      const code = await server.stop()
      if (code !== 0) throw new Error(`A server that was asked to stop ended with ${code}`)
    })
  }

  /** Every server that ever ran, and when it ended. */
  lives(): Server[] {
    return Array.from({ length: this.#lives }, (_, id) => ({ id, ended: this.#ended.get(id) ?? null }))
  }

  proxy(random: Random): Proxy {
    return random.of([...this.#proxies.values()])
  }

  line(random: Random): PostgresLine {
    return random.of(this.#lines)
  }

  async stop(): Promise<void> {
    await Promise.all([...this.servers.values()].map((server) => server.kill()))
    for (const proxy of [...this.#proxies.values(), ...this.#orphans]) proxy.close()
    await Promise.all(this.#lines.map((line) => line[Symbol.asyncDispose]()))
  }

  async #end(random: Random, how: (server: ApiServer) => Promise<void>): Promise<void> {
    const [id, server] = random.of([...this.servers])
    this.servers.delete(id) // workers choose another one
    await how(server)
    this.#ended.set(id, performance.now())
    // Stays open: what the server had sent may still be on the way.
    const proxy = this.#proxies.get(id)
    if (proxy) this.#orphans.push(proxy)
    this.#proxies.delete(id)
  }
}
