import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSettings, SettingsError, variables } from '../src/env.js'
import { developmentSecret } from '../src/secret.js'

const REDIS_URL = 'redis://localhost:6379'

test('every setting has a default for development, but for Redis', () => {
  expect(readSettings({ REDIS_URL })).toEqual({
    production: false,
    port: 3000,
    host: '127.0.0.1',
    keepAliveMs: 65_000,
    leavingMs: 0,
    drainMs: 8_000,
    baseUrl: undefined,
    dataDir: resolve('.data'),
    redis: REDIS_URL,
    databaseUrl: undefined,
    secrets: undefined,
    smtpUrl: undefined,
    reauthenticateAfter: 15 * 60_000,
    nearCacheLease: undefined,
    activityDays: 90,
    trustedProxies: [],
    places: true,
  })
})

test('an empty variable counts as unset', () => {
  expect(readSettings({ REDIS_URL, PORT: '', BASE_URL: '', NODE_ENV: '', REDIS_CLUSTER_NODES: '', TRUSTED_PROXIES: '' })).toEqual(readSettings({ REDIS_URL }))
})

test('each setting is read', () => {
  const secret = 'x'.repeat(32)
  expect(
    readSettings({
      NODE_ENV: 'production',
      PORT: '8080',
      HOST: '::',
      KEEP_ALIVE_SECONDS: '620',
      LEAVING_SECONDS: '20',
      DRAIN_SECONDS: '5',
      BASE_URL: 'https://Rollcall.example/',
      DATA_DIR: '/var/lib/rollcall',
      REDIS_CLUSTER_NODES: 'redis-1:7000, 10.0.0.2:7001,[2001:db8::3]:7002',
      DATABASE_URL: 'postgres://rollcall:pw@db/rollcall',
      BETTER_AUTH_SECRET: `${secret}, ${'y'.repeat(32)}`,
      SMTP_URL: 'smtps://user:pw@mail.example',
      REAUTHENTICATION_MINUTES: '5',
      NEAR_CACHE_LEASE_MS: '500',
      ACTIVITY_DAYS: '365',
      TRUSTED_PROXIES: 'loopback, 10.0.0.0/8,2001:db8::1',
      PLACES: 'off',
    }),
  ).toEqual({
    production: true,
    port: 8080,
    host: '::',
    keepAliveMs: 620_000,
    leavingMs: 20_000,
    drainMs: 5_000,
    baseUrl: 'https://rollcall.example',
    dataDir: '/var/lib/rollcall',
    redis: [
      { host: 'redis-1', port: 7000 },
      { host: '10.0.0.2', port: 7001 },
      { host: '2001:db8::3', port: 7002 },
    ],
    databaseUrl: 'postgres://rollcall:pw@db/rollcall',
    secrets: [secret, 'y'.repeat(32)],
    smtpUrl: 'smtps://user:pw@mail.example',
    reauthenticateAfter: 5 * 60_000,
    nearCacheLease: 500,
    activityDays: 365,
    trustedProxies: ['loopback', '10.0.0.0/8', '2001:db8::1'],
    places: false,
  })
  expect(readSettings({ REDIS_URL: '/run/redis.sock' }).redis).toBe('/run/redis.sock')
})

test('in production, a server that leaves outlives its idle connections', () => {
  const production = { REDIS_URL, NODE_ENV: 'production', BETTER_AUTH_SECRET: 'x'.repeat(32) }
  expect(readSettings(production).leavingMs).toBe(70_000)
  expect(readSettings({ ...production, KEEP_ALIVE_SECONDS: '620' }).leavingMs).toBe(625_000)
})

describe('a wrong setting is named, and its value is not shown', () => {
  test.each([
    ['PORT', 'hunter2'],
    ['PORT', '70000'],
    ['PORT', '-1'],
    ['KEEP_ALIVE_SECONDS', '0'],
    ['LEAVING_SECONDS', '-1'],
    ['DRAIN_SECONDS', '1000'],
    ['NODE_ENV', 'hunter2'],
    ['BASE_URL', 'hunter2'],
    ['BASE_URL', 'ftp://hunter2'],
    ['BASE_URL', 'https://example.org/hunter2'],
    ['BASE_URL', 'https://user:hunter2@example.org'],
    ['REDIS_URL', 'hunter2'],
    ['REDIS_URL', 'http://hunter2'],
    ['REDIS_CLUSTER_NODES', 'hunter2'],
    ['REDIS_CLUSTER_NODES', 'redis-1:7000,hunter2'],
    ['DATABASE_URL', 'mysql://root:hunter2@db'],
    ['BETTER_AUTH_SECRET', 'hunter2'],
    ['BETTER_AUTH_SECRET', ','],
    ['BETTER_AUTH_SECRET', `hunter2,${'x'.repeat(32)}`],
    ['SMTP_URL', 'hunter2'],
    ['REAUTHENTICATION_MINUTES', '0'],
    ['NEAR_CACHE_LEASE_MS', '0'],
    ['NEAR_CACHE_LEASE_MS', 'hunter2'],
    ['REAUTHENTICATION_MINUTES', 'hunter2'],
    ['ACTIVITY_DAYS', 'hunter2'],
    ['ACTIVITY_DAYS', '0'],
    ['ACTIVITY_DAYS', '-1'],
    ['TRUSTED_PROXIES', 'hunter2'],
    ['TRUSTED_PROXIES', '10.0.0.0/99'],
    ['PLACES', 'hunter2'],
  ])('%s=%s', (name, value) => {
    const read = () => readSettings({ ...(name !== 'REDIS_CLUSTER_NODES' && { REDIS_URL }), [name]: value })
    expect(read).toThrow(SettingsError)
    expect(read).toThrow(new RegExp(`^${name} `))
    expect(read).not.toThrow(/hunter2/)
  })

  test('several at once, each on a line of its own', () => {
    expect(() => readSettings({ REDIS_URL, PORT: 'x', SMTP_URL: 'y' })).toThrow(/^PORT must be .*\nSMTP_URL must be .*$/)
  })
})

test('production does not start without a secret of its own', () => {
  expect(() => readSettings({ REDIS_URL, NODE_ENV: 'production' })).toThrow(/^BETTER_AUTH_SECRET must be set in production/)
})

test('without a setting no Redis is touched that may be someone else’s', () => {
  expect(() => readSettings({})).toThrow(/^REDIS_URL must be set/)
  expect(() => readSettings({ REDIS_URL, REDIS_CLUSTER_NODES: 'redis-1:7000' })).toThrow(/^REDIS_URL cannot be set together/)
})

test('the secret of development is made once, by whoever is first, and read by its owner alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-secret-'))
  const dataDir = join(folder, 'data')
  const secrets = await Promise.all(Array.from({ length: 5 }, () => developmentSecret(dataDir)))
  expect(new Set(secrets).size).toBe(1)
  expect(secrets[0]).toMatch(/^[\w-]{43}$/)
  expect(await developmentSecret(dataDir)).toBe(secrets[0])
  expect((await stat(join(dataDir, 'secret'))).mode & 0o777).toBe(0o600)
  expect(await readFile(join(dataDir, 'secret'), 'utf8')).toBe(secrets[0])
  await rm(folder, { recursive: true })
})

test('.env.example explains every setting, and its values are the defaults', async () => {
  const text = await readFile(new URL('../../../.env.example', import.meta.url), 'utf8')
  const example = Object.fromEntries([...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]))
  const explained = Object.keys(variables.shape).filter((name) => name !== 'NODE_ENV')
  expect(Object.keys(example).toSorted()).toEqual(explained.toSorted())
  expect(readSettings({ ...example, REDIS_URL })).toEqual(readSettings({ REDIS_URL }))
})
