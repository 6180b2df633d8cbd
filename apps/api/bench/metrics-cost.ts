// The processor time that metrics add to a validated query. Short blocks of requests take turns, with and without metrics.
// Each is compared with the one beside it: other work of the machine hits both alike.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { machine, median, table } from '@rollcall/dev-bench'
import { startRedis } from '@rollcall/dev-redis'

const ROUNDS = 400
const WARM_UP_ROUNDS = 20
const CONNECTIONS = 64
/** Queries in a request, and requests in a block: some 50 ms. */
const loads = [
  [1, 400],
  [10, 80],
] as const
/** Each has a client of Redis, a store and a route of its own. The same work twice shows what the measurement itself can resolve. */
const candidates = [
  { name: 'without metrics', path: '/twin', procedure: 'twin' },
  { name: 'without metrics, once more', path: '/trpc', procedure: 'rollcall' },
  { name: 'with metrics', path: '/measured', procedure: 'observed' },
] as const
type Candidate = (typeof candidates)[number]

const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
await using redis = await startRedis()
const child = fork(new URL('server.ts', import.meta.url), [redis.url, dataDir], { execArgv: process.execArgv })
const [{ address, cookies }] = (await once(child, 'message')) as [
  { address: { port: number }; cookies: { rollcall: string[] } },
] // sent by server.ts
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })

/** Microseconds since the server began. */
async function processorOf(): Promise<number> {
  const answer = once(child, 'message')
  child.send('processor')
  const [{ user, system }] = (await answer) as [NodeJS.CpuUsage] // sent by server.ts
  return user + system
}

function ask(path: string, cookie: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get({ host: '127.0.0.1', port: address.port, agent, path, headers: { cookie } }, (answer) => {
      answer.resume().on('end', () => {
        if (answer.statusCode === 200) resolve()
        else reject(new Error(`${path} was answered ${answer.statusCode}`))
      })
    })
    request.on('error', reject)
  })
}

/** Microseconds of processor that the server uses for a request. */
async function block({ path, procedure }: Candidate, queries: number, amount: number): Promise<number> {
  const url = `${path}/${Array.from({ length: queries }, () => procedure).join(',')}?batch=1&input=%7B%7D`
  let sent = 0
  const connection = async (): Promise<void> => {
    while (sent < amount) await ask(url, cookies.rollcall[sent++ % cookies.rollcall.length] ?? '')
  }
  const before = await processorOf()
  await Promise.all(Array.from({ length: CONNECTIONS }, connection))
  return ((await processorOf()) - before) / amount
}

/** The median, and the bounds that hold it with 95 % confidence, whatever the distribution. */
function describe(ratios: readonly number[]): string {
  const sorted = ratios.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  const reach = (1.96 * Math.sqrt(sorted.length)) / 2
  const percent = (ratio = Number.NaN): string => `${ratio < 1 ? '−' : '+'}${(Math.abs(ratio - 1) * 100).toFixed(1)} %`
  const [low, high] = [sorted[Math.floor(half - reach)], sorted[Math.ceil(half + reach)]]
  return `${percent(median(ratios))} (${percent(low)} to ${percent(high)})`
}

async function measure(queries: number, amount: number): Promise<void> {
  const blocks = candidates.map(() => [] as number[])
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    for (let turn = 0; turn < candidates.length; turn += 1) {
      // Each is first, between and last as often as the others.
      const n = (((turn + round) % candidates.length) + candidates.length) % candidates.length
      const candidate = candidates[n] ?? candidates[0]
      const measured = await block(candidate, queries, amount)
      if (round >= 0) blocks[n]?.push(measured)
    }
  }
  const [floor = []] = blocks
  const rows = candidates.map(({ name }, n) => {
    const own = blocks[n] ?? []
    const ratios = own.map((processor, round) => processor / (floor[round] ?? Number.NaN))
    return [name, median(own).toFixed(1), n === 0 ? '' : describe(ratios)]
  })
  const what = queries === 1 ? 'one query per request' : `a batch of ${queries}`
  console.log(`${table([what, 'µs of processor', 'more than without'], rows)}\n`)
}

console.log(`${machine()}; ${CONNECTIONS} connections, ${ROUNDS} rounds of blocks, with 95 % confidence\n`)
for (const [queries, amount] of loads) await measure(queries, amount)

agent.destroy()
child.kill()
await once(child, 'exit')
await rm(dataDir, { recursive: true, force: true })
