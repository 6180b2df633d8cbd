// The effect of 64 concurrent sign-ins on everybody else: the p99 of a static file and of a query with a session. It compares
// hashes as better-auth makes them, hashes at OWASP's cost, and two of these at a time.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '@rollcall/dev-redis'
import { createPasswords, type Passwords } from '../src/accounts/passwords/passwords.js'
import { readSettings } from '../src/settings/env.js'
import { createLog } from '../src/log.js'
import { start } from '../src/start.js'

const SIGN_INS = 64
const SECONDS = Number(process.argv[2] ?? 10)
const PERSON = { email: 'ada@example.org', password: 'correct horse battery', name: 'Ada' }
const atOnce = <T>(work: () => Promise<T>): Promise<T> => work()

const ways: readonly (readonly [string, Passwords | undefined])[] = [
  ['as better-auth hashes', createPasswords({ N: 2 ** 14, r: 16, p: 1 }, atOnce)],
  ['at OWASP’s cost, all at once', createPasswords(undefined, atOnce)],
  ['at OWASP’s cost, two at once', undefined],
]
for (const [name, passwords] of ways) await measure(name, passwords)

async function measure(name: string, passwords: Passwords | undefined): Promise<void> {
  const redis = await startRedis()
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-passwords-'))
  await writeFile(join(dataDir, 'index.html'), 'x'.repeat(2_000))
  await writeFile(join(dataDir, 'icon.svg'), 'x'.repeat(2_000))
  const settings = readSettings({
    PORT: '0',
    DATA_DIR: dataDir,
    REDIS_URL: redis.url,
    TRUSTED_PROXIES: 'loopback',
    BETTER_AUTH_SECRET: 'a secret of the bench with 32 characters and more',
  })
  const server = await start({
    settings,
    log: createLog({ write: () => undefined }),
    webRoot: dataDir,
    ...(passwords && { passwords }),
  })
  const url = `http://127.0.0.1:${server.port}`
  const post = (path: string, from: number): Promise<Response> =>
    fetch(`${url}/api/auth${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: server.baseUrl, 'x-forwarded-for': `203.0.113.${from}` },
      body: JSON.stringify(PERSON),
    })
  try {
    const cookie = (await post('/sign-up/email', 200)).headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ')
    let signedIn = 0
    const stopping = new AbortController()
    const workers = Array.from({ length: SIGN_INS }, async (_, n) => {
      while (!stopping.signal.aborted) if ((await post('/sign-in/email', n)).ok) signedIn += 1
    })
    const page: number[] = []
    const query: number[] = []
    const begun = performance.now()
    while (performance.now() - begun < SECONDS * 1_000) {
      page.push(await timeOf(() => fetch(`${url}/icon.svg`)))
      query.push(await timeOf(() => fetch(`${url}/trpc/session.current`, { headers: { cookie } })))
    }
    const rate = signedIn / SECONDS
    stopping.abort()
    console.log(`${name}: page p99 ${p99(page)} ms, query p99 ${p99(query)} ms, ${rate.toFixed(1)} sign-ins a second`)
    await Promise.all(workers)
  } finally {
    await server.close()
    await redis.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

async function timeOf(request: () => Promise<Response>): Promise<number> {
  const begun = performance.now()
  await (await request()).arrayBuffer()
  return performance.now() - begun
}

function p99(times: readonly number[]): string {
  return (times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0).toFixed(0)
}
