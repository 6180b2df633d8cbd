// Revocations across users on a Cluster of three masters: their time, their effect on validations, and whether they are exact.
// npm run measure:operations -- [sessions, default 1000000]
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { machine, table } from '@rollcall/dev-bench'
import { startCluster } from '@rollcall/dev-redis'
import { createSessionStore } from '@rollcall/session-store'
import { createSessionAdmin } from '../src/index.js'
import { connectCluster } from './connect.js'
import type { Report, Task } from './worker.js'

const SESSIONS = Number(process.argv[2] ?? 1_000_000)
const USERS = Math.ceil(SESSIONS / 2)
const SAMPLED_USERS = Math.min(USERS, 10_000)
const AT_ONCE = 256
const QUIET_MS = 5_000
const MINUTE_MS = 60_000
/** The share of an operation after which its process is killed. */
const KILL_AT = 0.4
const KILLED = '203.0.113.0/25'
const TIMED = '203.0.113.128/25'
const userAgent =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'

await using cluster = await startCluster({ args: () => ['--cluster-node-timeout', String(MINUTE_MS)] })
const redis = await connectCluster(cluster.addresses)
const store = createSessionStore({ redis })
const { find, operations } = createSessionAdmin({ redis })

/** Tokens of the sampled users: those that a filter selects, and those that it must leave alone. */
const sample = { inside: [] as string[], outside: [] as string[] }

async function fill(): Promise<void> {
  let next = 0
  sample.inside = []
  sample.outside = []
  const every = Math.floor(USERS / SAMPLED_USERS)
  const worker = async (): Promise<void> => {
    while (next < USERS) {
      const n = next
      next += 1
      const userId = `user-${n}`.padEnd(32, 'x') // as long as better-auth's
      // Half of the sessions are in one of the two ranges.
      for (const [of, ipAddress] of [
        ['inside', `203.0.113.${n % 256}`],
        ['outside', `198.51.100.${n % 256}`],
      ] as const) {
        const { token = '' } = (await store.create({ userId, ipAddress, userAgent })) ?? {}
        if (n % every === 0) sample[of].push(token)
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

const workers = new Set<ChildProcess>()

async function startWorker() {
  const child = fork(new URL('worker.ts', import.meta.url), [cluster.addresses], { execArgv: process.execArgv })
  workers.add(child)
  const reply = async (): Promise<Report> => {
    const [message] = (await once(child, 'message')) as [Report] // sent by worker.ts
    return message
  }
  await reply()
  return {
    child,
    ask: async (task: Task): Promise<Report> => {
      const answer = reply()
      child.send(task)
      return answer
    },
    async stop(): Promise<void> {
      if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit')
      workers.delete(child)
    },
  }
}

type Done = Extract<Report, { kind: 'done' }>

const rows: string[][] = []
const server = await startWorker()

/** Runs work beside the validations, and adds a row with both. */
async function measure(name: string, work: () => Promise<Partial<Done> | void>): Promise<void> {
  await server.ask({ kind: 'report' }) // forgets earlier ones
  const began = performance.now()
  const result = (await work()) ?? {}
  const { ms = performance.now() - began, revoked, megabytes } = result // without the start of a process
  const load = await server.ask({ kind: 'report' })
  const { p50, p99 } = load.kind === 'validated' ? load : { p50: null, p99: null }
  rows.push([
    name,
    (ms / 1_000).toFixed(2),
    revoked?.toLocaleString('en') ?? '',
    p50?.toFixed(1) ?? '',
    p99?.toFixed(1) ?? '',
    megabytes?.toFixed(0) ?? '',
  ])
}

/** In a process of its own, as the command is. */
async function operate(task: Task): Promise<Done> {
  const worker = await startWorker()
  const done = await worker.ask(task)
  await worker.stop()
  if (done.kind !== 'done') throw new Error('The operation gave no result')
  return done
}

/** Kills the process of an operation in its middle, and resumes it. */
async function killAndResume(): Promise<Partial<Done>> {
  const began = performance.now()
  const worker = await startWorker()
  void worker.ask({ kind: 'revoke', filter: { address: KILLED } }).catch(() => undefined)
  let [operation] = await operations.list()
  while ((operation?.share ?? 0) < KILL_AT) {
    await pause(20)
    ;[operation] = await operations.list()
  }
  await worker.stop()
  await redis.hset(`user:operation:${operation?.id ?? ''}`, 'lease', 0) // its wait of ten seconds is not measured
  return { ...(await operate({ kind: 'resume', id: operation?.id ?? '' })), ms: performance.now() - began }
}

async function passing(tokens: readonly string[]): Promise<number> {
  const found = await Promise.all(tokens.map((token) => store.validate(token, { strict: true })))
  return found.filter((session) => session !== null).length
}

async function countAll(): Promise<number> {
  let count = 0
  for await (const _ of find({ signedInAfter: new Date(0) })) count += 1
  return count
}

const flushAll = async (): Promise<void> =>
  void (await Promise.all(redis.nodes('master').map((node) => node.flushall())))

console.log(`${machine()}; ${SESSIONS.toLocaleString('en')} sessions of ${USERS.toLocaleString('en')} users\n`)
await fill()
await measure('FLUSHALL, beside it', flushAll)
await fill()
void server.ask({ kind: 'validate', tokens: sample.outside }).catch(() => undefined)
await measure('quiet', () => pause(QUIET_MS))
await measure('a filter, killed in the middle and resumed', killAndResume)
await measure('a filter over all', () => operate({ kind: 'revoke', filter: { address: TIMED } }))
const checks: (readonly [string, number, number])[] = [
  ['sampled tokens inside of the filters that pass', await passing(sample.inside), 0],
  ['sampled tokens outside of them that pass', await passing(sample.outside), SAMPLED_USERS],
  ['sessions that are left', await countAll(), USERS],
]
await measure('everyone', () => operate({ kind: 'revoke', filter: null }))
checks.push(
  ['sampled tokens that pass after everyone', await passing([...sample.inside, ...sample.outside]), 0],
  ['sessions that are left', await countAll(), 0],
)
await server.stop()
redis.disconnect()

console.log(table(['', 'seconds', 'revoked', 'p50 (ms)', 'p99 (ms)', 'memory (MB)'], rows))
console.log()
for (const [what, found, expected] of checks) {
  console.log(`${what}: ${found}${found === expected ? '' : `, but ${expected} were expected`}`)
  if (found !== expected) process.exitCode = 1
}
