/* oxlint-disable max-lines -- It is one script from top to bottom. */
// The cost of each session and each operation, with a million sessions on a Cluster of three masters. The figures stand in
// docs/scale.md.
// npm run measure:scale -- [people] [further directives of redis.conf]

import { scryptSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { machine, quantile, table } from '@rollcall/dev-bench'
import { startCluster } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { createSessionEvents, createSessionStore, NotReplicatedError, type Session } from '../src/index.js'
import { sessionsKey } from '../src/record/keys.js'
import { userTagOf } from '../src/record/token.js'
import { clusterClient } from '../test/helpers.js'

const [people, ...directives] = process.argv.slice(2)
const USERS = Number(people ?? 500_000)
const MASTERS = 3
const AT_ONCE = 64
const LOADED_AT_ONCE = 256
const FEW = 1_000
const SAMPLE = 20_000
const minute = 60_000

/** How many devices a person has; of each the share of all people, in percent. Two on average. */
const shares = [45, 28, 14, 8, 5]
const brands = '"Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"'
const devices = [
  {
    userAgent:
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    data: {
      clientHints: {
        'sec-ch-ua': brands,
        'sec-ch-ua-mobile': '?0',
        'sec-ch-ua-platform': '"Windows"',
        'sec-ch-ua-platform-version': '"15.0.0"',
      },
    },
  },
  {
    userAgent:
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  },
  {
    userAgent:
      'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
    data: { clientHints: { 'sec-ch-ua': brands, 'sec-ch-ua-mobile': '?1', 'sec-ch-ua-platform': '"Android"' } },
  },
  { userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:142.0) Gecko/20100101 Firefox/142.0' },
]

// On one busy machine, silence is no failure.
await using cluster = await startCluster({ args: () => ['--cluster-node-timeout', String(minute), ...directives] })
const nodes = cluster.nodes.map(({ server }) => ({ admin: new Redis(server.url), pid: server.pid }))
const masters = nodes.slice(0, MASTERS)
const redis = clusterClient(cluster.nodes.map(({ port }) => port))
await redis.connect()
const store = createSessionStore({ redis })

const count = (n: number): string => Math.round(n).toLocaleString('en')
const seconds = (ms: number): string => (ms / 1_000).toFixed(1)
const userId = (n: number): string => `user-${n}`.padEnd(32, 'x') // as long as better-auth's

function devicesOf(n: number): number {
  let below = 0
  return shares.findIndex((share) => n % 100 < (below += share)) + 1
}

/** A number that INFO knows by this name, of each of the given nodes. */
async function info(name: string, of = masters): Promise<number[]> {
  return await Promise.all(
    of.map(async ({ admin }) => Number(new RegExp(`^${name}:(.+)`, 'm').exec(await admin.info())?.[1])),
  )
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** Microseconds of processor that each node has used. */
async function busy(of = nodes): Promise<number[]> {
  const [user, system] = [await info('used_cpu_user', of), await info('used_cpu_sys', of)]
  return of.map((_, at) => ((user[at] ?? 0) + (system[at] ?? 0)) * 1_000_000)
}

const used = async (): Promise<number> => sum(await info('used_memory'))

/** Calls an operation for each number below `times`, so many at once. */
async function each(times: number, atOnce: number, operation: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < times) await operation(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

async function reading() {
  const [input, output, replicated] = [
    sum(await info('total_net_input_bytes')),
    sum(await info('total_net_output_bytes')),
    sum(await info('total_net_repl_output_bytes')),
  ]
  const cpu = await busy()
  return {
    input,
    output: output - replicated,
    replicated,
    masters: sum(cpu.slice(0, MASTERS)),
    replicas: sum(cpu.slice(MASTERS)),
  }
}

const rows: string[][] = []

/** One row of the table: what an operation costs whom. */
async function measure(
  name: string,
  times: number,
  atOnce: number,
  operation: (n: number) => Promise<unknown>,
): Promise<void> {
  const latencies: number[] = []
  const before = await reading()
  const client = process.cpuUsage()
  const start = performance.now()
  await each(times, atOnce, async (n) => {
    const from = performance.now()
    await operation(n)
    latencies.push(performance.now() - from)
  })
  const elapsed = performance.now() - start
  const { user, system } = process.cpuUsage(client)
  const after = await reading()
  const per = (key: keyof typeof after): number => (after[key] - before[key]) / times
  rows.push([
    name,
    count((times * 1_000) / elapsed),
    `${quantile(latencies, 0.5).toFixed(1)} / ${quantile(latencies, 0.99).toFixed(1)}`,
    per('masters').toFixed(1),
    per('replicas').toFixed(1),
    ((user + system) / times).toFixed(0),
    count(per('input')),
    count(per('output')),
    count(per('replicated')),
  ])
  console.log(`${name}: ${count(times)} in ${seconds(elapsed)} s`)
}

/** Sign-ins, the first devices of all people first; keeps one token of so many. */
async function load(from: number, to: number, every = 47): Promise<string[]> {
  const tokens: string[] = []
  const numbers = Array.from({ length: to - from }, (_, n) => from + n)
  const signIns = shares.flatMap((_, device) =>
    numbers.filter((n) => devicesOf(n) > device).map((n) => ({ n, device })),
  )
  await measure(`create, ${count(signIns.length)}`, signIns.length, LOADED_AT_ONCE, async (at) => {
    const { n, device } = signIns[at] ?? { n: 0, device: 0 }
    const created = await store.create({
      userId: userId(n),
      ipAddress: `203.0.113.${n % 256}`,
      ...devices[(n + device) % devices.length],
    })
    if (created === null) throw new Error('A sign-in was refused')
    if (at % every === 0) tokens.push(created.token)
  })
  return tokens
}

function sessionsOf(users: number): number {
  return sum(Array.from({ length: users }, (_, n) => devicesOf(n)))
}

async function requireLive(token = ''): Promise<Session> {
  const session = await store.validate(token)
  if (session === null) throw new Error('A session that lives was not found')
  return session
}

async function requireRevoked(ended: readonly string[]): Promise<void> {
  await each(ended.length, AT_ONCE, async (n) => {
    if ((await store.validate(ended[n] ?? '')) !== null) throw new Error('A session has survived')
  })
}

const [version] = /redis_version:\S+/.exec((await masters[0]?.admin.info()) ?? '') ?? []
console.log(`${machine()}, ${version}: three masters, three replicas and the one client on it\n`)
const idleFrom = { at: performance.now(), cpu: sum(await busy()) }
const empty = await info('used_memory')

const fewTokens = await load(0, FEW / 2, 1)
await measure(`validate, of ${count(FEW)}, ${AT_ONCE} at once`, 100_000, AT_ONCE, (n) =>
  requireLive(fewTokens[n % fewTokens.length]),
)
const tokens = await load(FEW / 2, USERS)
const total = sessionsOf(USERS)
const full = await info('used_memory')
const keys = await Promise.all(masters.map(async ({ admin }) => admin.dbsize()))
const rss = await info('used_memory_rss')
await measure(`validate, of ${count(total)}, ${AT_ONCE} at once`, 100_000, AT_ONCE, (n) =>
  requireLive(tokens[n % tokens.length]),
)
await measure('validate, one at once', SAMPLE, 1, (n) => requireLive(tokens[n % tokens.length]))

const sessions = await Promise.all(tokens.map(requireLive))
const aMinuteOn = createSessionStore({ redis, clock: () => Date.now() + 2 * minute })
await measure('touch', sessions.length, AT_ONCE, async (n) => {
  const session = sessions[n]
  if (session === undefined || !(await aMinuteOn.touch(session))) throw new Error('A touch was not due')
})
await measure('list', SAMPLE, AT_ONCE, (n) => store.list(userId(n % USERS)))

console.log(
  `\n${table(
    ['', 'people', 'used_memory, MB', 'of sessions, MB', 'resident, MB'],
    masters.map((_, at) => [
      `master ${at + 1}`,
      ...[keys[at] ?? 0].map(count),
      ...[full[at] ?? 0, (full[at] ?? 0) - (empty[at] ?? 0), rss[at] ?? 0].map((bytes) => (bytes / 1e6).toFixed(1)),
    ]),
  )}\nBytes of Redis per session: ${count((sum(full) - sum(empty)) / total)} (${count(sum(keys))} people, ${count(total)} sessions)\n`,
)

// The cost of a message, which Cluster passes on to all of its nodes: published at the first master, received by the others.
{
  const [origin, ...others] = masters
  const message = JSON.stringify({ kind: 'seen', id: sessions[0]?.id })
  const channel = sessionsKey('', userTagOf(userId(0)))
  const bytesRead = async (pid: number): Promise<number> =>
    Number(/rchar: (\d+)/.exec(await readFile(`/proc/${pid}/io`, 'utf8').catch(() => ''))?.[1]) // of Linux alone
  const bytesReceived = async (): Promise<number[]> => Promise.all(others.map(async ({ pid }) => bytesRead(pid)))
  const before = { cpu: await busy(masters), bytes: await bytesReceived() }
  await each(SAMPLE, AT_ONCE, async () => origin?.admin.publish(channel, message))
  const after = { cpu: await busy(masters), bytes: await bytesReceived() }
  const [publishing = 0, ...receiving] = after.cpu.map((cpu, at) => (cpu - (before.cpu[at] ?? 0)) / SAMPLE)
  const bytes = (sum(after.bytes) - sum(before.bytes)) / SAMPLE / others.length
  console.log(
    `PUBLISH: ${publishing.toFixed(1)} µs where it is published, ${(sum(receiving) / others.length).toFixed(1)} µs and ${count(bytes)} bytes for each of the ${nodes.length - 1} nodes that receive it\n`,
  )
}

// The sweep through all keys, by each server at its start and by one of them every five minutes.
{
  const before = await reading()
  const start = performance.now()
  for await (const userTag of createSessionEvents({ redis }).pendingUsers())
    throw new Error(`${userTag} has events that nobody kept`)
  const cpu = (await reading()).masters - before.masters
  console.log(
    `To look through all keys for events: ${seconds(performance.now() - start)} s, ${(cpu / sum(keys)).toFixed(2)} µs of Redis for each of ${count(sum(keys))} keys\n`,
  )
}

// Everybody is signed out, person by person.
{
  let ended = 0
  await measure('revokeAll', USERS, LOADED_AT_ONCE, async (n) => {
    const those = await store.revokeAll(userId(n), { credentialChange: true })
    ended += those // other workers have counted meanwhile
  })
  if (ended !== total) throw new Error(`${ended} sessions ended of ${total}`)
  await requireRevoked(tokens)
  console.log(
    `All ${count(ended)} sessions have ended; bytes of a person's watermark: ${count(((await used()) - sum(empty)) / USERS)}\n`,
  )
  for (const { admin } of masters) await admin.flushall()
}

// And again, in one go; before that, what waiting for a replica costs, and events.
{
  const again = await load(0, USERS)
  const replicated = createSessionStore({ redis, durability: 'replicated' })
  let unconfirmed = 0
  const revokeReplicated = async (n: number): Promise<unknown> =>
    replicated.revokeAll(userId(n), { credentialChange: true }).catch((error: unknown) => {
      if (!(error instanceof NotReplicatedError)) throw error
      unconfirmed += 1
      return revokeReplicated(n)
    })
  const few = Math.min(SAMPLE, USERS / 10)
  await measure('revokeAll, on a replica too', few, AT_ONCE, revokeReplicated)
  console.log(`Not confirmed within 75 ms, and repeated: ${unconfirmed}`)

  const kept = createSessionStore({ redis, onEvent: () => undefined })
  const grown: number[] = []
  for (const [kind, { create }] of Object.entries({ alone: store, 'with its event': kept })) {
    const before = await used()
    await measure(`create, ${kind}`, SAMPLE, AT_ONCE, (n) =>
      create({ userId: `${kind}-${n}`.padEnd(32, 'x'), ipAddress: '203.0.113.9', ...devices[n % devices.length] }),
    )
    grown.push(((await used()) - before) / SAMPLE)
  }
  const [alone = 0, withEvent = 0] = grown
  console.log(`Bytes of an event that waits: ${count(withEvent - alone)}`)

  const start = performance.now()
  await Promise.all(masters.map(async ({ admin }) => admin.flushall('ASYNC')))
  const answered = performance.now() - start
  await requireRevoked(again)
  while (sum(await info('lazyfree_pending_objects')) > 0);
  const freed = performance.now() - start
  console.log(
    `FLUSHALL ASYNC on each master: answered after ${answered.toFixed(1)} ms, and none of ${count(again.length)} tokens signs in; freed after ${seconds(freed)} s at most\n`,
  )
}

console.log(
  table(
    [
      'operation',
      'per second',
      'ms p50 / p99',
      'µs masters',
      'µs replicas',
      'µs client',
      'bytes in',
      'bytes out',
      'bytes replicated',
    ],
    rows,
  ),
)
const idle = (sum(await busy()) - idleFrom.cpu) / 1_000 / (performance.now() - idleFrom.at)
console.log(`\nProcessor that the six servers used all in all: ${idle.toFixed(2)} cores`)

const salt = 'a salt'
const hashing = process.cpuUsage()
for (let n = 0; n < 10; n += 1)
  scryptSync('correct horse battery staple', salt, 64, { N: 16_384, r: 16, p: 1, maxmem: 64 * 1024 * 1024 })
console.log(
  `To check a password as better-auth does: ${(process.cpuUsage(hashing).user / 10_000).toFixed(0)} ms of processor`,
)

const roles = await Promise.all(masters.map(async ({ admin }) => admin.role()))
if (roles.some(([role]) => role !== 'master')) {
  throw new Error('A master was replaced during the run: its figures mean nothing')
}
for (const { admin } of nodes) admin.disconnect()
redis.disconnect()
