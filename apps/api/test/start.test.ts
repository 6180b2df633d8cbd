import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '@rollcall/dev-redis'
import { failCommand } from '@rollcall/dev-redis/faults'
import { Redis } from 'ioredis'
import { expect, test, vi } from 'vitest'
import { main } from '../src/main.js'
import { withRedis, PASSWORD, production, signUpDevice, startServer, type TestServer } from './helpers.js'

test('main says where it listens and where mails go, and lets go of everything', async () => {
  await using redis = await startRedis()
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-main-'))
  const said: unknown[] = []
  const spy = vi.spyOn(console, 'log').mockImplementation((line) => void said.push(line))
  const { close } = await main({ env: { PORT: '0', DATA_DIR: dataDir, REDIS_URL: redis.url } })
  spy.mockRestore()
  expect(said).toEqual([
    expect.stringMatching(/^Rollcall is listening on http:\/\/localhost:\d+$/),
    `Mails are written to ${join(dataDir, 'outbox')}, because SMTP_URL is not set`,
  ])
  const url = String(said[0]).split(' ').at(-1) ?? ''
  expect((await fetch(`${url}/readyz`)).status).toBe(200)
  await close()
  await close()
  await expect(fetch(`${url}/readyz`)).rejects.toThrow()
  const clients = await withRedis(redis, (admin) => admin.client('LIST'))
  expect(String(clients).trim().split('\n')).toHaveLength(1)
  await rm(dataDir, { recursive: true })
})

test('people stay signed in over a restart', async () => {
  await using redis = await startRedis()
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-restart-'))
  const env = { DATA_DIR: dataDir, BETTER_AUTH_SECRET: '' }
  const first = await startServer({ redis, env })
  const { jar } = await signUpDevice(first)
  await first.close()
  await using second = await startServer({ redis, env })
  const device = second.browser()
  for (const [name, value] of jar) device.jar.set(name, value)
  expect(await device.api.devices.list.query()).toHaveLength(1)
  await rm(dataDir, { recursive: true })
})

/** Waits for the first request that a limit has counted. */
async function waitForCount({ redis }: TestServer, limit: string): Promise<void> {
  const keys = () => withRedis(redis, (admin) => admin.keys(`limit:${limit}:*`))
  await vi.waitFor(async () => expect(await keys()).not.toEqual([]), { timeout: 30_000 })
}

test('what is under way is answered, while nothing new is taken and idle connections do not hold it up', async () => {
  await using server = await startServer({ env: { DRAIN_SECONDS: '40' } })
  const { email } = await signUpDevice(server)
  const idle = connect(server.port, '127.0.0.1') // as a browser opens it in advance
  await once(idle, 'connect')
  const signIn = server.browser().post('/api/auth/sign-in/email', { email, password: PASSWORD })
  await waitForCount(server, 'sign-in') // and then its password is being checked
  const started = performance.now()
  const closed = server.close()
  const healthz = () =>
    fetch(`${server.url}/healthz`).then(
      ({ status }) => status,
      () => 'refused',
    )
  await expect.poll(healthz, { interval: 1 }).toBe('refused') // in one of the next turns
  expect((await signIn).status).toBe(200)
  await closed
  expect(performance.now() - started).toBeLessThan(20_000) // requests may take 30 of the 40 seconds of a drain
})

test('a request that does not end is not waited for beyond the bound', async () => {
  await using server = await startServer()
  const stuck = connect(server.port, '127.0.0.1')
  stuck.on('error', () => undefined)
  stuck.write(
    'POST /csp-report HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n',
  )
  expect(String(await once(stuck, 'data'))).toContain('100 Continue') // and then its body is waited for
  const cut = once(stuck, 'close')
  const started = performance.now()
  await server.close()
  await cut
  expect(performance.now() - started).toBeLessThan(20_000) // by itself, a request may take 30 s
})

test.each([
  ['REDIS_URL', { REDIS_URL: '/nonexistent/redis.sock' }, /^REDIS_URL: Redis does not answer \(.*ENOENT/],
  ['REDIS_URL', { REDIS_URL: 'rediss://:hunter2@127.0.0.1:1' }, /^REDIS_URL: Redis does not answer over TLS \(/],
  [
    'DATABASE_URL',
    { DATABASE_URL: 'postgres://someone:hunter2@127.0.0.1:1/rollcall' },
    /^The database cannot be used; see DATABASE_URL/,
  ],
])('a start that cannot succeed ends with one message: %s', async (_, env, message) => {
  const failure = await startServer({ env }).then(
    () => undefined,
    (error: unknown) => error as Error,
  )
  expect(failure?.name).toBe('StartError')
  expect(failure?.message).toMatch(message)
  expect(failure?.message).not.toMatch(/hunter2|\n/)
})

test.each([1, 2, 3, 4, 5, 6])('a start bears that an answer of Redis is lost: the %i. of the first', async (n) => {
  using failing = failCommand(Redis.prototype, n, 'reply lost')
  await using server = await startServer()
  expect(failing.reached()).toBe(true)
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
})

test('a Redis that would throw sessions away is refused', async () => {
  await using redis = await startRedis({ args: ['--maxmemory-policy', 'allkeys-lru'] })
  await expect(startServer({ redis })).rejects.toThrow(/^REDIS_URL: The eviction policy of Redis is allkeys-lru/)
})

test('a taken port is named', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  await expect(startServer({ env: { PORT: String(port) } })).rejects.toThrow(`PORT: ${port} is already in use`)
  taken.close()
})

test('a trial in production warns of each thing that it does without', async () => {
  await using server = await startServer({ env: { ...production, BASE_URL: 'https://rollcall.example' } })
  await using both = await startServer({ env: production })
  const warnings = (from: TestServer) =>
    from.lines().flatMap(({ level, msg }) => (level === 'warn' && msg.startsWith('ALLOW_INSECURE') ? [msg] : []))
  expect(warnings(server)).toEqual([expect.stringMatching(/^ALLOW_INSECURE=outbox: SMTP_URL is not set/)])
  expect(warnings(both)).toEqual([
    expect.stringMatching(/^ALLOW_INSECURE=http: BASE_URL is not on https/),
    expect.stringMatching(/^ALLOW_INSECURE=outbox/),
  ])
})
