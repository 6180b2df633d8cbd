import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createSessionAdmin } from '@rollcall/admin'
import { Redis } from 'ioredis'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { StartError } from '../src/start-error.js'
import { type Browser, countOn, newEmail, signUpDevice, startServer, type TestServer, tokenOf } from './helpers.js'
import { mailsTo } from './outbox.js'

let server: TestServer
beforeAll(async () => {
  server = await startServer({ env: { METRICS_PORT: '0', NEAR_CACHE_LEASE_MS: '1000' } })
})
afterAll(() => server[Symbol.asyncDispose]())

const urlOf = ({ metricsPort }: TestServer, path = '/metrics'): string => `http://127.0.0.1:${metricsPort}${path}`

/** The samples that Prometheus would read: names with labels, and their values. */
async function scrape(from = server): Promise<{ text: string; sample(name: string): number | undefined }> {
  const response = await fetch(urlOf(from))
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const text = await response.text()
  const samples = new Map(
    text.split('\n').flatMap((line) => {
      const [, name = '', value] = /^([^#].*) (\S+)$/.exec(line) ?? []
      return value === undefined ? [] : [[name, Number(value)] as const]
    }),
  )
  return { text, sample: (name) => samples.get(name) }
}

/** How far each sample has grown by the work. */
async function growth(work: () => Promise<unknown>, names: readonly string[]): Promise<Record<string, number>> {
  const before = await scrape()
  await work()
  await server.flush()
  const after = await scrape()
  return Object.fromEntries(names.map((name) => [name, (after.sample(name) ?? 0) - (before.sample(name) ?? 0)]))
}

const created = 'rollcall_sessions_created_total'
const ended = (cause: string): string => `rollcall_sessions_ended_total{cause="${cause}"}`
const account = (event: string, result: string): string =>
  `rollcall_account_events_total{event="${event}",result="${result}"}`
const validations = (result: string): string => `rollcall_validation_duration_seconds_count{result="${result}"}`

test('sessions and sign-ins are counted by their cause and result', async () => {
  const email = newEmail()
  const [one, two, three] = [server.browser(), server.browser(), server.browser()]
  const traffic = async (): Promise<void> => {
    await one.signUp(email)
    for (const device of [two, three]) await device.signIn(email)
    await two.post('/api/auth/sign-in/email', { email, password: 'a wrong password' })
    await three.post('/api/auth/sign-out', {})
    expect(await one.api.devices.revokeOthers.mutate()).toEqual({ revoked: 1 })
  }
  const names = [created, ended('sign-out'), ended('revoke-others'), ended('revoke')]
  const events = [account('sign-in', 'ok'), account('sign-in', 'refused'), account('revoke-others', 'ok')]
  expect(await growth(traffic, [...names, ...events])).toEqual({
    [created]: 3,
    [ended('sign-out')]: 1,
    [ended('revoke-others')]: 1,
    [ended('revoke')]: 0,
    [account('sign-in', 'ok')]: 3,
    [account('sign-in', 'refused')]: 1,
    [account('revoke-others', 'ok')]: 1,
  })
})

test('validations are counted by result and duration, and so are round trips to Redis', async () => {
  const { api } = await signUpDevice(server)
  const stranger = server.browser({ cookie: 'rollcall.session_token=none' })
  const lookups = (result: string): string => `rollcall_near_cache_lookups_total{result="${result}"}`
  let queries = 0
  const cached = await growth(async () => {
    const hits = async (): Promise<number> => {
      await api.session.current.query()
      queries += 1
      return (await scrape()).sample(lookups('hit')) ?? 0
    }
    await expect.poll(hits).toBeGreaterThan(0)
    await expect(stranger.api.session.current.query()).rejects.toThrow()
  }, [validations('valid'), lookups('hit'), lookups('miss'), 'rollcall_http_requests_total{status="401"}'])
  expect(cached[validations('valid')]).toBe(queries)
  expect((cached[lookups('hit')] ?? 0) + (cached[lookups('miss')] ?? 0)).toBe(queries)
  expect(cached['rollcall_http_requests_total{status="401"}']).toBe(1)

  const { text, sample } = await scrape()
  const total = sample(validations('valid')) ?? 0
  const buckets = [
    ...text.matchAll(/^rollcall_validation_duration_seconds_bucket\{result="valid",le="(.+)"\} (\d+)$/gm),
  ]
  const counts = buckets.map(([, , count]) => Number(count))
  expect(counts).toEqual(counts.toSorted((a, b) => a - b))
  expect([buckets.at(-1)?.[1], counts.at(-1)]).toEqual(['+Inf', total])
  expect(sample('rollcall_validation_duration_seconds_sum{result="valid"}')).toBeGreaterThan(0)

  const hget = 'rollcall_redis_command_duration_seconds_count{command="hget"}'
  const mutations = await growth(() => api.devices.revokeOthers.mutate(), [hget])
  expect(mutations[hget], 'a mutation always asks Redis').toBe(1)
})

test('a limit that is hit is counted once, under its name', async () => {
  const email = newEmail()
  await countOn(server.redis, 10, ['sign-in:account', email])
  const name = 'rollcall_limits_hit_total{limit="sign-in:account"}'
  const attempt = async (): Promise<void> => {
    const { status } = await server.browser().post('/api/auth/sign-in/email', { email, password: 'whatever it is' })
    expect(status).toBe(429)
  }
  expect(await growth(attempt, [name])).toEqual({ [name]: 1 })
})

test('a mail after the first one of its account is no refusal while its mailbox has room', async () => {
  const { email } = await signUpDevice(server)
  const newDevices = async (): Promise<void> => {
    for (const count of [1, 2]) {
      await server.browser().signIn(email)
      await expect.poll(async () => (await mailsTo(server, email)).length).toBe(count)
    }
  }
  const name = 'rollcall_limits_hit_total{limit="new-device:first"}'
  expect(await growth(newDevices, [name])).toEqual({ [name]: 0 })
})

test('open streams, waiting mails, event lag and operations are read when Prometheus asks', async () => {
  const device = await signUpDevice(server)
  const stream = await device.stream()
  await stream.message()
  await server.browser().post('/api/auth/request-password-reset', { email: 'nobody@example.org' })
  const redis = new Redis(server.redis.url)
  const { operations, revoke } = createSessionAdmin({ redis })
  const { id } = await revoke({ users: [(await device.api.session.current.query()).user.id] }, { startedBy: 'test' })
  await device.signIn(device.email) // the server then finds the event that the operator has appended
  await server.flush()
  await redis.hset(`user:operation:${id}`, { state: 'running', share: 0.25, lease: Date.now() + 9_000 })
  const { text, sample } = await scrape()
  expect((await operations.get(id)).state).toBe('running')
  redis.disconnect()
  await stream.close()
  expect(sample('rollcall_operations{state="running"}')).toBe(1)
  expect(sample('rollcall_operation_done_ratio')).toBe(0.25)
  expect(sample('rollcall_operation_revoked_sessions')).toBe(1)
  expect(sample(ended('operator'))).toBe(1)
  expect(sample('rollcall_users_with_waiting_events')).toBe(0)
  expect(sample('rollcall_event_lag_seconds_count{kind="created"}')).toBe(sample(created))
  expect(text).toMatch(/^rollcall_mails_waiting \d+$/m)
  expect([sample('rollcall_up{of="redis"}'), sample('rollcall_up{of="database"}')]).toEqual([1, 1])
  await expect.poll(async () => (await scrape()).sample('rollcall_open_streams')).toBe(0)
})

test('the streams of administrators are counted with the others', async () => {
  const boss = await signUpDevice(server)
  await sql`update "user" set role = 'admin' where email = ${boss.email}`.execute(server.database().kysely)
  const { user } = await boss.api.session.current.query()
  const person = `admin.people.changes?input=${encodeURIComponent(JSON.stringify({ id: user.id }))}`
  const streams = [await boss.stream(), await boss.stream('admin.operations.changes'), await boss.stream(person)]
  for (const stream of streams) await stream.message()
  expect((await scrape()).sample('rollcall_open_streams')).toBe(3)
  expect(server.openStreams()).toBe(3)
  await Promise.all(streams.map((stream) => stream.close()))
  await expect.poll(async () => (await scrape()).sample('rollcall_open_streams')).toBe(0)
})

test('while Redis hangs the metrics say so, and count the validations without an answer', async () => {
  const { api } = await signUpDevice(server)
  process.kill(server.redis.pid, 'SIGSTOP')
  let outage = await scrape()
  try {
    await expect(api.devices.revokeOthers.mutate()).rejects.toThrow()
    const failOneRequest = async (): Promise<number> => {
      await api.session.current.query().catch(() => undefined)
      outage = await scrape()
      return outage.sample('rollcall_near_cache_leases_lost_total') ?? 0
    }
    await expect.poll(failOneRequest).toBeGreaterThan(0)
  } finally {
    process.kill(server.redis.pid, 'SIGCONT')
  }
  expect([outage.sample('rollcall_up{of="redis"}'), outage.sample('rollcall_up{of="database"}')]).toEqual([0, 1])
  expect(outage.sample(validations('unavailable'))).toBeGreaterThan(0)
  expect(outage.sample('rollcall_store_failures_total')).toBeGreaterThan(0)
  expect(outage.sample('rollcall_redis_failures_total{reason="no_reply"}')).toBeGreaterThan(0)
  expect(outage.sample('rollcall_http_requests_total{status="503"}')).toBeGreaterThan(0)
  expect(outage.text, 'no state that may be old').not.toMatch(/^rollcall_operation/m)
  await expect.poll(async () => (await scrape()).sample('rollcall_up{of="redis"}')).toBe(1)
})

test('no label holds a token, an address or a user, and the port of the page has no metrics', async () => {
  const device: Browser & { email: string } = await signUpDevice(server, { 'user-agent': 'Mozilla/5.0 of-the-metrics' })
  const { id, user } = await device.api.session.current.query()
  const { text } = await scrape()
  for (const secret of [tokenOf(device), id, user.id, device.email, '127.0.0.1', 'of-the-metrics', 'Ada'])
    expect(text).not.toContain(secret)
  for (const path of ['/metrics', '/metrics/', '/trpc/metrics', '/api/auth/metrics'])
    expect((await server.send(path)).status, path).toBe(404)
  expect((await fetch(urlOf(server, '/readyz'))).status).toBe(404)
  expect((await fetch(urlOf(server), { method: 'POST' })).status).toBe(405)
})

test('without METRICS_PORT there are none, and a port that is taken stops the start', async () => {
  await using quiet = await startServer({ redis: server.redis })
  expect(quiet.metricsPort).toBeNull()
  const taken = startServer({ redis: server.redis, env: { METRICS_PORT: String(server.metricsPort) } })
  await expect(taken).rejects.toThrow(new StartError(`METRICS_PORT: ${server.metricsPort} is already in use`))
})

const ops = fileURLToPath(new URL('../../../ops/', import.meta.url))
const read = (file: string): string => readFileSync(join(ops, file), 'utf8')

test('each metric of the alert rules and of the dashboard is one that a server prints', async () => {
  const { text } = await scrape()
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type]) => [name, type]))
  const isPrinted = (name: string): boolean =>
    types.has(name) || types.get(name.replace(/_(?:bucket|sum|count)$/, '')) === 'histogram'
  for (const file of ['alerts.yml', 'alerts.test.yml', 'dashboard.json']) {
    const names = read(file).match(/\b(?:rollcall|process|nodejs)_\w+/g) ?? []
    expect(names.length, file).toBeGreaterThan(10)
    expect(
      names.filter((name) => !isPrinted(name)),
      file,
    ).toEqual([])
  }
  const dashboard = read('dashboard.json')
  const shown = [...types.keys()].filter((name) => name.startsWith('rollcall_') && !dashboard.includes(name))
  expect(shown, 'the dashboard shows every metric of ours').toEqual([])
})

test('each alert has a test, and promtool passes them where it is installed', () => {
  const alerts = [...read('alerts.yml').matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name)
  const tests = read('alerts.test.yml')
  for (const alert of alerts) {
    expect(tests, alert).toMatch(new RegExp(`alertname: ${alert}, exp_alerts: \\[\\]`))
    expect(tests, alert).toMatch(new RegExp(`alertname: ${alert}\\n +exp_alerts:\\n`))
  }
  const { error, status, stderr } = spawnSync('promtool', ['test', 'rules', 'alerts.test.yml'], {
    cwd: ops,
    encoding: 'utf8',
  })
  if (error === undefined) expect(status, stderr).toBe(0)
})
