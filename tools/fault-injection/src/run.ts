import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { lineTo, type PostgresLine, type PrivatePostgres, startPostgres } from '@rollcall/dev-postgres'
import { type PrivatePair, startPair } from '@rollcall/dev-redis'
import { connectRedis, createSessionStore, redisOptions } from '@rollcall/session-store'
import { type ApiServer, clockAhead, startApi } from '@rollcall/dev-servers'
import { Redis } from 'ioredis'
import type { Call, Connection, Fault, History, Server } from './history.js'
import { dropHdel, type Proxy, startProxy } from './proxy.js'
import { type Random, randomOf } from './random.js'
import { finalReads, signUp, work, type Workload } from './workers.js'

export interface RunOptions {
  /** How long the workers work at least; each fault comes at least once. */
  readonly seconds: number
  /** Repeats the choices of a run, though not its timing. */
  readonly seed: number
  readonly servers: number
  readonly workers: number
  readonly faults: boolean
  /** Plants a bug: every n-th deletion of one session is left out, and answered as if it were not. */
  readonly dropHdel?: number | undefined
  /** Milliseconds: gives the servers a near-cache. */
  readonly nearCacheLease?: number | undefined
  /** Users are in a PostgreSQL whose connections break, instead of in SQLite. */
  readonly postgres?: boolean
}

const FIRST_PEOPLE = 6
const HOUR_MS = 60 * 60 * 1_000

/** Runs workers against servers that share a Redis and a database, injects faults meanwhile, and returns the observations. */
export async function run(options: RunOptions): Promise<History & { readonly faults: readonly Fault[] }> {
  const { seconds, seed, workers } = options
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-history-'))
  // A replica whose master is not there refuses to read: what it has may be old.
  await using redis = await startPair({ persist: true, args: ['--replica-serve-stale-data', 'no'] })
  await using postgres = options.postgres ? await startPostgres() : null
  const random = randomOf(seed)
  const calls: Call[] = []
  const fleet = createFleet(dir, redis, postgres, options)
  try {
    const { id, socket } = await fleet.proxied()
    const client = new Redis(socket, { ...redisOptions, lazyConnect: true })
    client.on('error', () => undefined) // every failed command rejects by itself
    await connectRedis(client)
    try {
      // One after the other: the first brings the database up to date.
      for (let n = 0; n < options.servers; n += 1) await fleet.start()
      const store = { id, store: createSessionStore({ redis: client }) }
      const workload: Workload = { servers: fleet.servers, store, people: [], record: (call) => calls.push(call) }
      while (workload.people.length < FIRST_PEOPLE) await signUp(workload, random)

      const deadline = performance.now() + seconds * 1_000
      let going = true
      const stop = (): void => void (going = false)
      // A failure of one ends the run for all.
      const atWork = Array.from({ length: workers }, (_, n) =>
        work(workload, randomOf(seed + n + 1), () => going).finally(stop),
      )
      const nemesis = runNemesis(
        options,
        fleet,
        redis,
        postgres,
        random,
        () => going && performance.now() < deadline,
      ).finally(stop)
      await Promise.allSettled([nemesis, ...atWork])
      await Promise.all(atWork)
      const faults = await nemesis
      await finalReads(workload, random)
      return { calls, servers: fleet.lives(), connections: fleet.connections, faults }
    } finally {
      client.disconnect()
    }
  } finally {
    await fleet.stop()
    await rm(dir, { recursive: true, force: true })
  }
}

type Fleet = ReturnType<typeof createFleet>

/** The servers, each behind a proxy of its own. */
function createFleet(
  dir: string,
  redis: PrivatePair,
  postgres: PrivatePostgres | null,
  { dropHdel: drop, nearCacheLease }: RunOptions,
) {
  const servers = new Map<number, ApiServer>()
  const proxies = new Map<number, Proxy>()
  const orphans: Proxy[] = []
  const lines: PostgresLine[] = []
  const ended = new Map<number, number>()
  const connections: (Connection & { closed: number | null })[] = []
  const rewrite = drop === undefined ? undefined : dropHdel(drop)
  let lives = 0

  async function proxied(): Promise<{ id: number; socket: string }> {
    const id = lives
    lives += 1
    const path = join(dir, `redis-${id}.sock`)
    const opened = () => {
      const connection: (typeof connections)[number] = { server: id, opened: performance.now(), closed: null }
      connections.push(connection)
      return () => void (connection.closed = performance.now())
    }
    proxies.set(id, await startProxy({ path, redis: () => redis.master().server.url, opened, rewrite }))
    return { id, socket: path }
  }

  async function end(random: Random, how: (server: ApiServer) => Promise<void>): Promise<void> {
    const [id, server] = random.of([...servers])
    servers.delete(id) // workers choose another one
    await how(server)
    ended.set(id, performance.now())
    // Stays open: what the server had sent may still be on the way.
    const proxy = proxies.get(id)
    if (proxy) orphans.push(proxy)
    proxies.delete(id)
  }

  return {
    servers,
    connections,
    proxied,
    lives: (): Server[] => Array.from({ length: lives }, (_, id) => ({ id, ended: ended.get(id) ?? null })),
    proxy: (random: Random): Proxy => random.of([...proxies.values()]),
    line: (random: Random): PostgresLine => random.of(lines),
    async start(env: NodeJS.ProcessEnv = {}) {
      const { id, socket } = await proxied()
      const line = postgres && (await lineTo(postgres.url))
      if (line) lines.push(line)
      servers.set(id, await startApi(dir, socket, nearCacheLease, { ...env, ...(line && { DATABASE_URL: line.url }) }))
    },
    /** SIGSTOP for up to 1.5 s, as a busy machine or a sleeping VM would. */
    async pause(random: Random) {
      const [, server] = random.of([...servers])
      await server.pause(100 + random.below(1_400))
    },
    kill: (random: Random) => end(random, (server) => server.kill()),
    /** As a deploy stops it: it answers what is under way. */
    drain: (random: Random) =>
      end(random, async (server) => {
        const code = await server.stop()
        if (code !== 0) throw new Error(`A server that was asked to stop ended with ${code}`)
      }),
    async stop() {
      await Promise.all([...servers.values()].map((server) => server.kill()))
      for (const proxy of [...proxies.values(), ...orphans]) proxy.close()
      await Promise.all(lines.map((line) => line[Symbol.asyncDispose]()))
    },
  }
}

/** One fault after another with calm in between; every round has each of them and is finished. */
async function runNemesis(
  { faults, seconds }: RunOptions,
  fleet: Fleet,
  redis: PrivatePair,
  postgres: PrivatePostgres | null,
  random: Random,
  goOn: () => boolean,
): Promise<Fault[]> {
  /** How long Redis hangs and how long there is calm, in milliseconds: up to 3 s, and less in a short run. */
  const aWhile = (): Promise<void> => pause(200 + random.below(Math.min(2_800, seconds * 100)))
  const kinds: Record<string, () => void | Promise<void>> = {
    'Redis killed and started again': async () => {
      const { server } = redis.master()
      process.kill(server.pid, 'SIGKILL')
      await server.restart()
    },
    'Redis hung': async () => {
      const { pid } = redis.master().server
      process.kill(pid, 'SIGSTOP')
      await aWhile()
      process.kill(pid, 'SIGCONT')
    },
    'failover behind one address': () => redis.failOver(),
    'connections dropped': () => fleet.proxy(random).drop(),
    'requests to Redis swallowed': () => fleet.proxy(random).swallow('requests'),
    'replies of Redis swallowed': () => fleet.proxy(random).swallow('replies'),
    'server paused': () => fleet.pause(random),
    'server started and one killed': async () => {
      await fleet.start()
      await fleet.kill(random)
    },
    'server replaced by another one, as in a deploy': async () => {
      await fleet.start()
      await fleet.drain(random)
    },
    'server started whose clock is an hour off, and one killed': async () => {
      await fleet.start(clockAhead(random.of([HOUR_MS, -HOUR_MS])))
      await fleet.kill(random)
    },
    ...(postgres && {
      'connections to PostgreSQL silent': () => fleet.line(random).silence(),
      'connections to PostgreSQL reset': () => fleet.line(random).reset(),
      'PostgreSQL restarted': () => postgres.restart(),
    }),
  }
  const done: Fault[] = []
  do {
    for (const name of faults ? random.shuffled(Object.keys(kinds)) : []) {
      await aWhile()
      const start = performance.now()
      await kinds[name]?.()
      done.push({ name, start, end: performance.now() })
    }
    await aWhile()
  } while (goOn())
  return done
}
