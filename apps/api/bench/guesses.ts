// The cost of guesses at passwords from many addresses: how many pass without work, and the CPU time of each one after these.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '@rollcall/dev-redis'
import { type Challenge, solveChallenge } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { createPasswords } from '../src/accounts/passwords/passwords.js'
import { readSettings } from '../src/settings/env.js'
import { createLog } from '../src/log.js'
import { start } from '../src/start.js'

const ADDRESSES = 30
const GUESSES = 10
/** Challenges of the first level that are solved, for the time of one key. */
const SAMPLES = 20
const LEVELS = [1, 2, 3, 4, 5]

const scenarios: readonly (readonly [string, addressOf: (n: number) => string, emailOf: (n: number) => string])[] = [
  [`${ADDRESSES} addresses, one account`, (n) => `203.0.${n}.1`, () => 'ada@example.org'],
  [`${ADDRESSES} networks of one /48, one account`, (n) => `2001:db8:1:${n}::1`, () => 'grace@example.org'],
  [`${ADDRESSES} networks of one /48, an account each time`, (n) => `2001:db8:2:${n}::1`, (n) => `${n}@example.org`],
]

const redis = await startRedis()
const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-guesses-'))
const server = await start({
  settings: readSettings({
    PORT: '0',
    DATA_DIR: dataDir,
    REDIS_URL: redis.url,
    TRUSTED_PROXIES: 'loopback',
    BETTER_AUTH_SECRET: 'a secret of the bench with 32 characters and more',
  }),
  log: createLog({ write: () => undefined }),
  webRoot: dataDir,
  passwords: createPasswords({ N: 2 ** 10, r: 8, p: 1 }), // the guesses count here, and not their hashes
})
try {
  let challenge: Challenge | undefined
  console.log(`| ${ADDRESSES * GUESSES} guesses from | without work | with work |\n|---|---:|---:|`)
  for (const [name, addressOf, emailOf] of scenarios) {
    let passed = 0
    let guesses = 0
    for (let n = 0; n < ADDRESSES; n += 1) {
      for (let more = 0; more < GUESSES; more += 1) {
        const response = await guess(addressOf(n), emailOf((guesses += 1)))
        if (response.status === 401) passed += 1
        else challenge ??= ((await response.json()) as { challenge?: Challenge }).challenge // absent before there were any
      }
    }
    console.log(`| ${name} | ${passed} | ${guesses - passed} |`)
  }
  if (challenge !== undefined) await printCosts(challenge)
} finally {
  await server.close()
  await redis.stop()
  await rm(dataDir, { recursive: true, force: true })
}

function guess(from: string, email: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.port}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: server.baseUrl, 'x-forwarded-for': from },
    body: JSON.stringify({ email, password: 'a wrong password' }),
  })
}

/** By the CPU time of one key: each level tries twice the keys of the one before, and 300 at the first on average. */
async function printCosts(challenge: Challenge): Promise<void> {
  const begun = process.cpuUsage()
  let keys = 0
  for (let n = 0; n < SAMPLES; n += 1) keys += ((await solveChallenge({ challenge, deriveKey }))?.counter ?? 0) + 1
  const { user, system } = process.cpuUsage(begun)
  const secondsPerKey = (user + system) / 1e6 / keys
  console.log(
    '\n| wrong passwords for an account in a day | CPU seconds of the next guess |\n|---|---:|\n| fewer than 10 | 0 |',
  )
  let total = 0
  for (const level of LEVELS) {
    const [from, to] = [GUESSES * 2 ** (level - 1), GUESSES * 2 ** level]
    const cost = 300 * 2 ** (level - 1) * secondsPerKey
    const isTop = level === LEVELS.length
    total += cost * ((isTop ? ADDRESSES * GUESSES : to) - from)
    console.log(`| ${isTop ? `${from} and more` : `${from} to ${to - 1}`} | ${cost.toFixed(2)} |`)
  }
  console.log(`\nAll ${ADDRESSES * GUESSES} guesses at one account: ${total.toFixed(0)} CPU seconds`)
}
