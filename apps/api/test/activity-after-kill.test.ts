import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startRedis } from '@rollcall/dev-redis'
import type { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { openDatabase } from '../src/accounts/database/database.js'
import { CHROME, SAFARI, entriesOf, summarize } from './activity-entries.js'
import { newEmail, withRedis, PASSWORD, SECRET, startServer } from './helpers.js'

async function waitFor(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await pause(20)
}

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url))

test('what a killed server left behind is written down by the next one, once', async () => {
  await using own = await startRedis()
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-killed-'))
  const server = spawn(process.execPath, [program], {
    env: { PATH: process.env['PATH'], PORT: '0', DATA_DIR: folder, REDIS_URL: own.url, BETTER_AUTH_SECRET: SECRET },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  server.stdout.on('data', (chunk) => (output += String(chunk)))
  await waitFor(async () => /listening on (\S+)/.test(output))
  const url = /listening on (\S+)/.exec(output)?.[1] ?? ''
  const email = newEmail()
  const post = (path: string, body: object, cookie = '') =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { origin: url, cookie, 'content-type': 'application/json', 'user-agent': CHROME },
      body: JSON.stringify(body),
    })
  const signUp = await post('/api/auth/sign-up/email', { email, password: PASSWORD, name: 'Ada' })
  const cookie = signUp.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ')

  const other = openDatabase({ dataDir: folder })
  // Its event is in Redis, and the database cannot be written: so it dies between the two.
  const held = other.kysely.transaction().execute(async () => {
    expect((await post('/api/auth/sign-out', {}, cookie)).status).toBe(200)
    await waitFor(() => withRedis(own, async (admin) => (await waitingIn(admin)) > 0))
    const ended = once(server, 'exit')
    server.kill('SIGKILL')
    await ended
  })
  await held
  await other.close()
  expect(await withRedis(own, waitingIn)).toBeGreaterThan(0)

  {
    await using next = await startServer({ redis: own, env: { DATA_DIR: folder, DATABASE_URL: '' } })
    await waitFor(() => withRedis(own, async (admin) => (await waitingIn(admin)) === 0)) // nobody asked for it
    const device = next.browser({ 'user-agent': SAFARI })
    await device.signIn(email)
    expect(summarize(await entriesOf(device))).toEqual([
      'Safari on iPhone: signed-in-first',
      'Chrome on Windows: signed-out',
      'Chrome on Windows: signed-in-first',
    ])
  }
  await rm(folder, { recursive: true, force: true })
})

async function waitingIn(admin: Redis): Promise<number> {
  const keys = await admin.keys('*:waiting')
  const lengths = await Promise.all(keys.map((key) => admin.hlen(key)))
  return lengths.reduce((sum, length) => sum + length, 0)
}
