import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { type PrivatePostgres, startPostgres } from '@rollcall/dev-postgres'
import { type PrivatePair, startPair } from '@rollcall/dev-redis'
import { connectRedis, createSessionStore, redisOptions } from '@rollcall/session-store'
import { clockAhead } from '@rollcall/dev-servers'
import { Redis } from 'ioredis'
import type { Call, Fault, History } from './history.js'
import { Fleet } from './fleet.js'
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
  /** The name of the only fault to inject. Default: all of them. */
  readonly onlyFault?: string | undefined
  /** Plants a bug: every n-th deletion of one session is left out, and answered as if it were not. */
  readonly dropHdel?: number | undefined
  /** Milliseconds: gives the servers a near-cache. */
  readonly nearCacheLeaseMs?: number | undefined
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
  const fleet = new Fleet(dir, redis, postgres, options)
  try {
    const { id, socket } = await fleet.startProxy()
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
      let isWorking = true
      const stop = (): void => void (isWorking = false)
      // A failure of one ends the run for all.
      const working = Array.from({ length: workers }, (_, n) =>
        work(workload, randomOf(seed + n + 1), () => isWorking).finally(stop),
      )
      const nemesis = runNemesis(
        options,
        fleet,
        redis,
        postgres,
        random,
        () => isWorking && performance.now() < deadline,
      ).finally(stop)
      await Promise.allSettled([nemesis, ...working])
      await Promise.all(working)
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

/** One fault after another with calm in between; every round has each of them and is finished. */
async function runNemesis(
  { faults, onlyFault, seconds }: RunOptions,
  fleet: Fleet,
  redis: PrivatePair,
  postgres: PrivatePostgres | null,
  random: Random,
  isRunning: () => boolean,
): Promise<Fault[]> {
  /** How long Redis hangs and how long there is calm, in milliseconds: up to 3 s, and less in a short run. */
  const pauseBriefly = (): Promise<void> => pause(200 + random.below(Math.min(2_800, seconds * 100)))
  const kinds: Record<string, () => void | Promise<void>> = {
    'Redis killed and started again': async () => {
      const { server } = redis.master()
      process.kill(server.pid, 'SIGKILL')
      await server.restart()
    },
    'Redis hung': async () => {
      const { pid } = redis.master().server
      process.kill(pid, 'SIGSTOP')
      await pauseBriefly()
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
  const all = Object.keys(kinds)
  if (onlyFault !== undefined && !all.includes(onlyFault)) throw new Error(`The faults are: ${all.join('; ')}`)
  const names = !faults ? [] : onlyFault === undefined ? all : [onlyFault]
  const done: Fault[] = []
  do {
    for (const name of random.shuffled(names)) {
      await pauseBriefly()
      const start = performance.now()
      await kinds[name]?.()
      done.push({ name, start, end: performance.now() })
    }
    await pauseBriefly()
  } while (isRunning())
  return done
}
