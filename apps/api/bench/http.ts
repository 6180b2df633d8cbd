// The same tRPC query over HTTP, with and without a session behind it.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { machine, median, table } from '@rollcall/dev-bench'
import { startRedis } from '@rollcall/dev-redis'
import autocannon from 'autocannon'
import { Redis } from 'ioredis'

const ROUNDS = 3
/** Seconds of one turn. */
const DURATION = 1
const CONNECTIONS = 64
const procedures = ['get', 'unprotected', 'rollcall', 'betterAuth'] as const
const names = { unprotected: 'no session', get: 'one raw GET', rollcall: 'Rollcall', betterAuth: 'better-auth, redis-storage' }

const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
await using redis = await startRedis()
const child = fork(new URL('server.ts', import.meta.url), [redis.url, dataDir], { execArgv: process.execArgv })
const [{ address, cookies }] = (await once(child, 'message')) as [{ address: { port: number }; cookies: string[] }] // sent by server.ts
const admin = new Redis(redis.url)

interface Turn {
  readonly perSecond: number
  readonly p99: number
  readonly commands: string
  readonly reads: number
  /** Milliseconds of processor that the server used for a request. */
  readonly processor: number
}

async function processorOf(): Promise<number> {
  const answer = once(child, 'message')
  child.send('processor')
  const [{ user, system }] = (await answer) as [NodeJS.CpuUsage] // sent by server.ts
  return (user + system) / 1_000
}

async function turn(procedure: string, batch: number): Promise<Turn> {
  const path = `/trpc/${Array.from({ length: batch }, () => procedure).join(',')}?batch=1&input=%7B%7D`
  const requests = cookies.slice(0, 100).map((cookie) => ({ method: 'GET' as const, path, headers: { cookie } }))
  await admin.config('RESETSTAT')
  const before = await processorOf()
  const result = await autocannon({ url: `http://127.0.0.1:${address.port}`, connections: CONNECTIONS, duration: DURATION, requests })
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${procedure}: ${result.non2xx} refused, ${result.errors} failed`)
  const processor = ((await processorOf()) - before) / result['2xx']
  const stats = await admin.info('all')
  const commands = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)]
    .filter(([, name]) => name !== 'config|resetstat')
    .map(([, name = '', calls]) => `${(Number(calls) / result['2xx']).toFixed(1)} ${name}`)
  const reads = Number(/total_reads_processed:(\d+)/.exec(stats)?.[1]) / result['2xx']
  return { perSecond: result.requests.average, p99: result.latency.p99, commands: commands.join(', ') || 'none', reads, processor }
}

console.log(`${machine()}; ${CONNECTIONS} connections\n`)
for (const batch of [1, 10]) {
  const turns = new Map<string, Turn[]>(procedures.map((name) => [name, []]))
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (let n = 0; n < procedures.length; n += 1) {
      const name = procedures[(n + round) % procedures.length] ?? 'get'
      const measured = await turn(name, batch)
      if (round > 0) turns.get(name)?.push(measured) // the first round warms up
    }
  }
  const floor = turns.get('get') ?? []
  const rows = procedures.map((name) => {
    const all = turns.get(name) ?? []
    const ratios = all.map(({ perSecond }, round) => perSecond / (floor[round]?.perSecond ?? Number.NaN))
    const spread = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`
    return [
      names[name],
      `${median(ratios).toFixed(2)} (${spread})`,
      `${median(all.map(({ p99 }) => p99))}`,
      all.at(-1)?.commands ?? '',
      median(all.map(({ reads }) => reads)).toFixed(2),
      median(all.map((one) => one.processor)).toFixed(2),
    ]
  })
  const what = batch === 1 ? 'one query per request' : `a batch of ${batch}`
  console.log(`${table([what, 'throughput', 'p99 (ms)', 'commands per request', 'reads by Redis per request', 'ms of processor per request'], rows)}\n`)
}

admin.disconnect()
child.kill()
await once(child, 'exit')
await rm(dataDir, { recursive: true, force: true })
