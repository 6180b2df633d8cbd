// The same tRPC query over HTTP, with and without a session behind it, on tRPC alone and on the middleware of the API.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { machine, median, table } from '@rollcall/dev-bench'
import { startRedis } from '@rollcall/dev-redis'
import autocannon from 'autocannon'
import { Redis } from 'ioredis'

const ROUNDS = 15
const CONNECTIONS = 64
/** Milliseconds after which autocannon looks whether the turn is over. */
const SAMPLE = 5
/** Queries in a request, and requests in a turn: a third of a second for the fastest. */
const loads = [
  [1, 2_500],
  [10, 400],
] as const
const servers = [
  ['trpc', 'on the middleware of the API'],
  ['bare', 'on tRPC alone'],
] as const
const candidates = [
  { name: 'one raw GET', procedure: 'get', cookie: 'raw' },
  { name: 'no session', procedure: 'unprotected', cookie: 'rollcall' },
  { name: 'Rollcall', procedure: 'rollcall', cookie: 'rollcall' },
  { name: 'Rollcall, near-cache', procedure: 'near', cookie: 'rollcall' },
  { name: 'better-auth, redis-storage', procedure: 'stock', cookie: 'stock' },
  { name: 'better-auth, SQLite', procedure: 'stockSql', cookie: 'stockSql' },
] as const
type Candidate = (typeof candidates)[number]

const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
await using redis = await startRedis()
const child = fork(new URL('server.ts', import.meta.url), [redis.url, dataDir], { execArgv: process.execArgv })
const [{ address, cookies }] = (await once(child, 'message')) as [
  { address: { port: number }; cookies: Record<Candidate['cookie'], string[]> },
] // sent by server.ts
const admin = new Redis(redis.url)

// Never asleep. Waking a sleeping process costs its writer up to a third of a query. A server that answers many requests after
// one reply of Redis would pay once. A server that answers one by one would pay each time.
let awake = setImmediate(function stay() {
  awake = setImmediate(stay)
})

interface Turn {
  readonly perSecond: number
  readonly p99: number
  /** Microseconds of processor that the server used for a request. */
  readonly processor: number
  readonly commands: string
  readonly reads: number
}

async function processorOf(): Promise<number> {
  const answer = once(child, 'message')
  child.send('processor')
  const [{ user, system }] = (await answer) as [NodeJS.CpuUsage] // sent by server.ts
  return user + system
}

function mostOften(texts: readonly string[]): string {
  const times = (text: string): number => texts.filter((other) => other === text).length
  return texts.toSorted((a, b) => times(b) - times(a))[0] ?? ''
}

async function turn(
  { name, procedure, cookie }: Candidate,
  endpoint: string,
  batch: number,
  amount: number,
): Promise<Turn> {
  const path = `/${endpoint}/${Array.from({ length: batch }, () => procedure).join(',')}?batch=1&input=%7B%7D`
  const requests = cookies[cookie].map((cookie) => ({ method: 'GET' as const, path, headers: { cookie } }))
  await admin.config('RESETSTAT')
  const before = await processorOf()
  let first = 0
  const result = await autocannon({
    url: `http://127.0.0.1:${address.port}`,
    connections: CONNECTIONS,
    amount,
    sampleInt: SAMPLE,
    // Each begins with another cookie: else all of them would ask for the same session at the same time.
    setupClient: (client) => client.setRequests([...requests.slice(first), ...requests.slice(0, first++)]),
  })
  if (result['2xx'] !== amount) throw new Error(`${name}: ${result['2xx']} of ${amount} were answered`)
  const processor = ((await processorOf()) - before) / amount
  const stats = await admin.info('all')
  const commands = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)]
    .filter(([, name]) => name !== 'config|resetstat' && name !== 'ping') // the near-cache pings ten times a second, whatever is asked
    .map(([, name = '', calls]) => `${(Number(calls) / amount).toFixed(1)} ${name}`)
  const reads = Number(/total_reads_processed:(\d+)/.exec(stats)?.[1]) / amount
  const perSecond = (1_000 * amount) / (result.finish.getTime() - result.start.getTime())
  return { perSecond, p99: result.latency.p99, processor, commands: commands.join(', ') || 'none', reads }
}

async function measure(endpoint: string, where: string, batch: number, amount: number): Promise<void> {
  const turns = new Map<Candidate, Turn[]>(candidates.map((candidate) => [candidate, []]))
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (let n = 0; n < candidates.length; n += 1) {
      const candidate = candidates[(n + round) % candidates.length] ?? candidates[0]
      const measured = await turn(candidate, endpoint, batch, amount)
      if (round > 0) turns.get(candidate)?.push(measured) // the first round warms up
    }
  }
  const floor = turns.get(candidates[0]) ?? []
  const rows = candidates.map((candidate) => {
    const all = turns.get(candidate) ?? []
    const against = (measure: 'perSecond' | 'processor') => {
      if (all === floor) return '1'
      const ratios = all.map((turn, round) => turn[measure] / (floor[round]?.[measure] ?? Number.NaN))
      return `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`
    }
    return [
      candidate.name,
      against('perSecond'),
      against('processor'),
      median(all.map(({ processor }) => processor)).toFixed(0),
      `${median(all.map(({ p99 }) => p99))}`,
      mostOften(all.map(({ commands }) => commands)), // once a minute, activity is written down as well
      median(all.map(({ reads }) => reads)).toFixed(2),
    ]
  })
  const what = `${batch === 1 ? 'one query per request' : `a batch of ${batch}`}, ${where}`
  const head = [
    what,
    'throughput',
    'processor of the server',
    'µs of it',
    'p99 (ms)',
    'commands of Redis',
    'reads by Redis',
  ]
  console.log(`${table(head, rows)}\n`)
}

console.log(`${machine()}; ${CONNECTIONS} connections, ${ROUNDS} rounds of turns\n`)
for (const [endpoint, where] of servers) {
  for (const [batch, amount] of loads) await measure(endpoint, where, batch, amount)
}

clearImmediate(awake)
admin.disconnect()
child.kill()
await once(child, 'exit')
await rm(dataDir, { recursive: true, force: true })
