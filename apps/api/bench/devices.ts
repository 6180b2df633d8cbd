// Measures the whole API for a person with a hundred devices: their list, and the start of a page's stream.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { machine, quantile, table } from '@rollcall/dev-bench'
import { startRedis } from '@rollcall/dev-redis'
import { createSessionStore } from '@rollcall/session-store'
import { COOKIE, signed, startApi, trpcCalls } from '@rollcall/dev-servers'
import { Redis } from 'ioredis'
import { addUsers } from './add-users.js'
import { openStream } from './open-stream.js'

const DEVICES = 100
/** How many of each are measured, after a tenth as many that warm up. */
const TIMES = 1_000
/** Pages that ask at once. */
const PAGES = 4

const dir = await mkdtemp(join(tmpdir(), 'rollcall-devices-'))
const privateRedis = await startRedis()
const redis = new Redis(privateRedis.url)
const server = await startApi(dir, privateRedis.url)
const cookies: string[] = []
try {
  await addUsers(dir, ['ada'])
  const store = createSessionStore({ redis })
  while (cookies.length < DEVICES) {
    const created = await store.create({
      userId: 'ada',
      userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/150.0.0.0',
    })
    cookies.push(signed(created?.token ?? ''))
  }
  const list = await measure(async (cookie) => {
    const [answer] = await trpcCalls(server, cookie, [{ kind: 'devices.list' }])
    if (answer?.listed?.length !== DEVICES) throw new Error(`The list was answered ${answer?.status}`)
  })
  const stream = await measure(async (cookie) => (await openStream(server.url, `${COOKIE}=${cookie}`)).close())
  const rows = [
    ['devices.list', ...list],
    ['start of devices.changes', ...stream],
  ]
  console.log(`${machine()}; ${PAGES} at once\n`)
  console.log(table([`a person with ${DEVICES} devices`, 'p50 (ms)', 'p99 (ms)', 'longest (ms)'], rows))
} finally {
  await server.kill()
  redis.disconnect()
  await privateRedis.stop()
  await rm(dir, { recursive: true })
}

async function measure(ask: (cookie: string) => Promise<void>): Promise<string[]> {
  const times: number[] = []
  let asked = 0
  const page = async (): Promise<void> => {
    while (asked < 1.1 * TIMES) {
      const cookie = cookies[(asked += 1) % DEVICES] ?? ''
      const began = performance.now()
      await ask(cookie)
      times.push(performance.now() - began)
    }
  }
  await Promise.all(Array.from({ length: PAGES }, page))
  const measured = times.slice(0.1 * TIMES)
  return [0.5, 0.99, 1].map((q) => quantile(measured, q).toFixed(1))
}
