// Does the time of a reset request reveal whether an address has an account? Prints the AUC: the probability that a request
// for an account takes longer than one for nobody. 0.5 reveals nothing, 1 everything. Default: 1,000 requests of each kind.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { createPasswords } from '../src/accounts/passwords/passwords.js'
import { readSettings } from '../src/settings/env.js'
import { createLog } from '../src/log.js'
import { start } from '../src/start.js'

const EACH = Number(process.argv[2] ?? 1_000)
const WARM_UP = 50
/** The limits let one address ask 30 times an hour. */
const FORGET_EVERY = 20

const redis = await startRedis()
const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-timing-'))
const admin = new Redis(redis.url)
const server = await start({
  settings: readSettings({
    PORT: '0',
    DATA_DIR: dataDir,
    REDIS_URL: redis.url,
    BETTER_AUTH_SECRET: 'a secret of the bench with 32 characters and more',
  }),
  log: createLog({ write: () => undefined }),
  webRoot: '/nonexistent',
  passwords: createPasswords({ N: 2 ** 10, r: 8, p: 1 }),
})

try {
  const total = EACH + WARM_UP
  for (let n = 0; n < total; n += 1) {
    if (n % FORGET_EVERY === 0) await forgetLimits()
    const answer = await post('/sign-up/email', {
      email: `known-${n}@example.org`,
      password: 'correct horse battery',
      name: 'Ada',
    })
    if (!answer.ok) throw new Error(`A sign-up was answered ${answer.status}`)
  }
  let refused = 0
  const known: number[] = []
  const unknown: number[] = []
  for (let n = 0; n < total; n += 1) {
    if (n % (FORGET_EVERY / 2) === 0) await forgetLimits()
    const kinds = [
      { email: `known-${n}@example.org`, times: known },
      { email: `other-${n}@example.org`, times: unknown },
    ]
    for (const { email, times } of Math.random() < 0.5 ? kinds : kinds.toReversed()) {
      const begun = performance.now()
      const answer = await post('/request-password-reset', { email })
      await answer.text()
      if (answer.status !== 200) refused += 1
      else if (n >= WARM_UP) times.push(performance.now() - begun)
      await new Promise((resolve) => setTimeout(resolve, 20)) // what one request leaves to do must not slow the next
    }
  }
  const error = Math.sqrt((known.length + unknown.length + 1) / (12 * known.length * unknown.length))
  console.log(`${known.length} and ${unknown.length} requests, SQLite on disk; ${refused} more were refused`)
  console.log(`median: ${median(known).toFixed(2)} ms with an account, ${median(unknown).toFixed(2)} ms without`)
  console.log(
    `AUC ${auc(known, unknown).toFixed(3)}, 95 % of ${(0.5 - 1.96 * error).toFixed(3)} to ${(0.5 + 1.96 * error).toFixed(3)} if there is no difference`,
  )
} finally {
  await server.close()
  admin.disconnect()
  await redis.stop()
  await rm(dataDir, { recursive: true, force: true })
}

function post(path: string, body: object): Promise<Response> {
  const headers = { 'content-type': 'application/json', origin: server.baseUrl }
  return fetch(`http://127.0.0.1:${server.port}/api/auth${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  })
}

async function forgetLimits(): Promise<void> {
  const keys = await admin.keys('limit:*')
  if (keys.length > 0) await admin.del(keys)
}

function auc(positives: readonly number[], negatives: readonly number[]): number {
  const wins = positives.reduce(
    (sum, a) => sum + negatives.reduce((count, b) => count + (a > b ? 1 : a === b ? 0.5 : 0), 0),
    0,
  )
  return wins / (positives.length * negatives.length)
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
}
