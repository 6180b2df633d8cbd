// Measures for how long other servers accept a session after a server has revoked it. npm run measure:revocation.
// With a near-cache and a lease in milliseconds: npm run measure:revocation -- --near-cache 1000
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startRedis } from '@rollcall/dev-redis'
import { createSessionStore } from '@rollcall/session-store'
import { type ApiServer, authCall, signed, startApi, trpcCalls } from '@rollcall/dev-servers'
import { Redis } from 'ioredis'

const { values } = parseArgs({ options: { 'near-cache': { type: 'string' } } })
const lease = values['near-cache'] === undefined ? undefined : Number(values['near-cache'])

const SERVERS = 3
/** 1,000 trials. No one revokes more than 60 in a minute, which is the limit. */
const PEOPLE = 20
const TRIALS_EACH = 50

const dir = await mkdtemp(join(tmpdir(), 'rollcall-revocation-'))
const redis = await startRedis({ persist: true })
const client = new Redis(redis.url)
const store = createSessionStore({ redis: client })
const servers: ApiServer[] = []
const passing: number[] = []
const refusing: number[] = []
const reaching: number[] = []
let passes = 0
try {
  while (servers.length < SERVERS) servers.push(await startApi(dir, redis.url, lease))
  const people = []
  for (let n = 0; n < PEOPLE; n += 1) people.push(await signUp(`ada-${n}@example.org`))
  for (let round = 0; round < TRIALS_EACH; round += 1) {
    for (const person of people) await trial(person, round)
  }
} finally {
  await Promise.all(servers.map((server) => server.kill()))
  client.disconnect()
  await redis.stop()
  await rm(dir, { recursive: true, force: true })
}

console.log(
  `${refusing.length / (SERVERS - 1)} revocations on one of ${SERVERS} servers, each followed at once by requests to the others`,
)
console.log(`A request that passes, before it:            ${figures(passing)}`)
console.log(`From the reply to the end of a refusal:      ${figures(refusing)}`)
console.log(`From the reply to the start of the last pass: ${figures(reaching)}`)
console.log(`Requests that began after the reply and passed: ${passes}`)
process.exit(Math.max(...reaching) <= (lease ?? 0) ? 0 : 1)

interface Person {
  readonly userId: string
  readonly cookie: string
}

async function signUp(email: string): Promise<Person> {
  const { userId, cookie, status } = await authCall(at(0), 'sign-up', {
    email,
    password: 'correct horse battery staple',
    name: 'Ada',
  })
  if (userId === undefined || cookie === undefined) throw new Error(`Signing up was answered ${status}`)
  return { userId, cookie }
}

async function trial({ userId, cookie }: Person, round: number): Promise<void> {
  // A sign-in does this after the password check, which takes a hundred times longer.
  const created = await store.create({ userId })
  if (created === null) throw new Error('The session was refused')
  const victim = signed(created.token)
  const here = at(round)
  const others = [at(round + 1), at(round + 2)]
  for (const there of others) {
    const [before] = await trpcCalls(there, victim, [{ kind: 'session.current' }])
    if (before?.status !== 200 || before.end === null) throw new Error(`A live session was answered ${before?.status}`)
    passing.push(before.end - before.start)
  }

  const [revoked] = await trpcCalls(here, cookie, [{ kind: 'devices.revoke', target: created.session.id }])
  if (revoked?.revoked !== 1 || revoked.end === null) throw new Error(`A revocation was answered ${revoked?.status}`)
  const end = revoked.end
  await Promise.all(others.map((there) => untilRefused(there, victim, end)))
}

async function untilRefused(there: ApiServer, victim: string, end: number): Promise<void> {
  let lastPass = end
  for (;;) {
    const [after] = await trpcCalls(there, victim, [{ kind: 'session.current' }])
    if (after?.status === 401 && after.end !== null) {
      refusing.push(after.end - end)
      reaching.push(lastPass - end)
      return
    }
    if (after?.status !== 200) throw new Error(`An ended session was answered ${after?.status}`)
    passes += 1
    lastPass = after.start
  }
}

function at(n: number): ApiServer {
  const server = servers[n % servers.length]
  if (server === undefined) throw new Error('There is no server')
  return server
}

function figures(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b)
  const share = (part: number): string => `${(sorted[Math.ceil(part * sorted.length) - 1] ?? Number.NaN).toFixed(1)} ms`
  return `p50 ${share(0.5)}, p99 ${share(0.99)}, max ${share(1)}`
}
