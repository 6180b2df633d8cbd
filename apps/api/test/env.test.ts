import { randomBytes, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { profiles } from '@rollcall/session-store'
import { describe, expect, test } from 'vitest'
import { readSettings, SettingsError } from '../src/env.js'
import { variables } from '../src/variables.js'

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
    redis: { kind: 'single', url: REDIS_URL, username: undefined, password: undefined },
    keyPrefix: '',
    redisTimeouts: { commandTimeout: 200, socketTimeout: 500 },
    databaseUrl: undefined,
    secrets: undefined,
    smtpUrl: undefined,
    reauthenticateAfter: 15 * 60_000,
    nearCacheLease: undefined,
    activityDays: 90,
    trustedProxies: [],
    places: true,
    timeouts: profiles.aal1,
    maxSessionsPerUser: 100,
    durability: 'master',
    allowedInsecure: [],
  })
})

test('an empty variable counts as unset', () => {
  expect(
    readSettings({ REDIS_URL, PORT: '', BASE_URL: '', NODE_ENV: '', REDIS_CLUSTER_NODES: '', TRUSTED_PROXIES: '' }),
  ).toEqual(readSettings({ REDIS_URL }))
})

test('each setting is read', () => {
  const secret = randomBytes(32).toString('base64')
  const older = randomBytes(16).toString('hex')
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
      BETTER_AUTH_SECRET: `${secret}, ${older}`,
      SMTP_URL: 'smtps://user:pw@mail.example',
      REAUTHENTICATION_MINUTES: '5',
      NEAR_CACHE_LEASE_MS: '500',
      ACTIVITY_DAYS: '365',
      TRUSTED_PROXIES: 'loopback, 10.0.0.0/8,2001:db8::1',
      PLACES: 'off',
      REDIS_USERNAME: 'rollcall',
      REDIS_PASSWORD: 'pw',
      REDIS_TLS: 'on',
      KEY_PREFIX: 'shop:',
      REDIS_COMMAND_TIMEOUT_MS: '400',
      REDIS_SOCKET_TIMEOUT_MS: '900',
      SESSION_TIMEOUTS: 'aal2',
      MAX_SESSIONS_PER_USER: '20',
      DURABILITY: 'replicated',
      ALLOW_INSECURE: 'http, outbox',
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
    redis: {
      kind: 'cluster',
      nodes: [
        { host: 'redis-1', port: 7000 },
        { host: '10.0.0.2', port: 7001 },
        { host: '2001:db8::3', port: 7002 },
      ],
      username: 'rollcall',
      password: 'pw',
      tls: true,
    },
    keyPrefix: 'shop:',
    redisTimeouts: { commandTimeout: 400, socketTimeout: 900 },
    databaseUrl: 'postgres://rollcall:pw@db/rollcall',
    secrets: [secret, older],
    smtpUrl: 'smtps://user:pw@mail.example',
    reauthenticateAfter: 5 * 60_000,
    nearCacheLease: 500,
    activityDays: 365,
    trustedProxies: ['loopback', '10.0.0.0/8', '2001:db8::1'],
    places: false,
    timeouts: profiles.aal2,
    maxSessionsPerUser: 20,
    durability: 'replicated',
    allowedInsecure: [], // both are allowed, and neither is used
  })
  expect(readSettings({ REDIS_URL: '/run/redis.sock' }).redis).toMatchObject({ kind: 'single', url: '/run/redis.sock' })
  expect(readSettings({ REDIS_URL: 'REDISS://redis.example/3' }).redis).toMatchObject({
    url: 'rediss://redis.example/3',
  })
  const sentinel = {
    REDIS_SENTINELS: 'sentinel-1:26379',
    REDIS_SENTINEL_MASTER: 'main',
    REDIS_SENTINEL_PASSWORD: 'other',
    REDIS_PASSWORD: 'pw',
  }
  expect(readSettings(sentinel).redis).toEqual({
    kind: 'sentinel',
    sentinels: [{ host: 'sentinel-1', port: 26379 }],
    master: 'main',
    sentinelUsername: undefined,
    sentinelPassword: 'other',
    username: undefined,
    password: 'pw',
    tls: false,
  })
})

test('in production, a server that leaves outlives its idle connections', () => {
  const production = {
    REDIS_URL,
    NODE_ENV: 'production',
    BASE_URL: 'https://a.example',
    SMTP_URL: 'smtp://a.example',
    BETTER_AUTH_SECRET: randomBytes(32).toString('base64'),
  }
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
    ['REDIS_URL', 'redis://redis.example/hunter2'],
    ['REDIS_URL', 'redis://redis.example/1/hunter2'],
    ['REDIS_URL', 'redis://redis.example?keyPrefix=hunter2'],
    ['REDIS_URL', 'redis://redis.example?db=1&x=hunter2'],
    ['REDIS_URL', '/run/redis.sock?db=hunter2'],
    ['REDIS_SENTINELS', 'hunter2'],
    ['REDIS_SENTINEL_MASTER', 'hunter2'],
    ['REDIS_SENTINEL_PASSWORD', 'hunter2'],
    ['REDIS_USERNAME', 'hunter2'],
    ['REDIS_TLS', 'hunter2'],
    ['REDIS_TLS', 'on'],
    ['KEY_PREFIX', 'hunter2*'],
    ['KEY_PREFIX', '{hunter2}'],
    ['KEY_PREFIX', 'hunter2 '],
    ['SESSION_TIMEOUTS', 'hunter2'],
    ['MAX_SESSIONS_PER_USER', '0'],
    ['MAX_SESSIONS_PER_USER', 'hunter2'],
    ['DURABILITY', 'hunter2'],
    ['ALLOW_INSECURE', 'hunter2'],
    ['ALLOW_INSECURE', 'http,hunter2'],
    ['REDIS_CLUSTER_NODES', 'redis-1:7000/1hunter2'],
    ['REDIS_CLUSTER_NODES', 'hunter2'],
    ['REDIS_CLUSTER_NODES', 'redis-1:7000,hunter2'],
    ['DATABASE_URL', 'mysql://root:hunter2@db'],
    ['BETTER_AUTH_SECRET', 'hunter2'],
    ['BETTER_AUTH_SECRET', ','],
    ['BETTER_AUTH_SECRET', `hunter2,${'x'.repeat(32)}`],
    ['SMTP_URL', 'hunter2'],
    ['REAUTHENTICATION_MINUTES', '0'],
    ['NEAR_CACHE_LEASE_MS', '0'],
    ['REDIS_COMMAND_TIMEOUT_MS', '199'],
    ['REDIS_SOCKET_TIMEOUT_MS', '250ms'],
    ['NEAR_CACHE_LEASE_MS', 'hunter2'],
    ['REAUTHENTICATION_MINUTES', 'hunter2'],
    ['ACTIVITY_DAYS', 'hunter2'],
    ['ACTIVITY_DAYS', '0'],
    ['ACTIVITY_DAYS', '-1'],
    ['TRUSTED_PROXIES', 'hunter2'],
    ['TRUSTED_PROXIES', '10.0.0.0/99'],
    ['PLACES', 'hunter2'],
  ])('%s=%s', (name, value) => {
    const read = () =>
      readSettings({ ...(!['REDIS_CLUSTER_NODES', 'REDIS_SENTINELS'].includes(name) && { REDIS_URL }), [name]: value })
    expect(read).toThrow(SettingsError)
    expect(read).toThrow(new RegExp(`^${name} `))
    expect(read).not.toThrow(/hunter2/)
  })

  test('several at once, each on a line of its own', () => {
    expect(() => readSettings({ REDIS_URL, PORT: 'x', SMTP_URL: 'y' })).toThrow(
      /^PORT must be .*\nSMTP_URL must be .*$/,
    )
  })
})

describe('production starts safe, or not at all', () => {
  const safe = {
    NODE_ENV: 'production',
    REDIS_URL,
    BASE_URL: 'https://rollcall.example',
    SMTP_URL: 'smtps://mail.example',
    BETTER_AUTH_SECRET: randomBytes(32).toString('base64'),
  }
  const repeated = (text: string) => text.repeat(Math.ceil(32 / text.length))

  test('with all that it needs, it starts', () => {
    expect(readSettings(safe)).toMatchObject({ production: true, allowedInsecure: [] })
  })

  test.each([
    ['BETTER_AUTH_SECRET', ''],
    ['BASE_URL', ''],
    ['BASE_URL', 'http://rollcall.example'],
    ['BASE_URL', 'http://localhost:3000'],
    ['SMTP_URL', ''],
  ])('it refuses %s=%s by name, alone', (name, value) => {
    expect(() => readSettings({ ...safe, [name]: value })).toThrow(new RegExp(`^${name} must be .*production[^\n]*$`))
  })

  test('what a trial does without is allowed by name, one by one', () => {
    const trial = { ...safe, BASE_URL: 'http://localhost:3000', SMTP_URL: '' }
    expect(() => readSettings(trial)).toThrow(/^BASE_URL .*\nSMTP_URL /)
    expect(() => readSettings({ ...trial, ALLOW_INSECURE: 'outbox' })).toThrow(/^BASE_URL [^\n]*$/)
    expect(() => readSettings({ ...trial, ALLOW_INSECURE: 'http' })).toThrow(/^SMTP_URL [^\n]*$/)
    expect(readSettings({ ...trial, ALLOW_INSECURE: 'http,outbox' }).allowedInsecure).toEqual(['http', 'outbox'])
    expect(readSettings({ ...trial, NODE_ENV: 'development' }).allowedInsecure).toEqual([])
  })

  test.each([
    'x'.repeat(32),
    '0'.repeat(64),
    repeated('ab'),
    repeated('password'),
    repeated('changeme-'),
    repeated('3f9a1c'),
    randomBytes(9).toString('base64url').repeat(3),
    '12345678901234567890123456789012',
    'abcdefghijklmnopqrstuvwxyz012345',
    'zyxwvutsrqponmlkjihgfedcba987654',
    'qwertyuiopasdfghjklzxcvbnm1234567890',
    '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9',
    'your-secret-key-at-least-32-characters',
    'replace-me-with-32-random-characters!',
    'better-auth-secret-12345678901234567890',
    'please_change_this_before_production_',
    'an example of a long enough key 2026',
    'aaaaaaaaaaaaaaaaaaaaaaaabcdefghijklm',
  ])('a secret that nobody generated is refused, and not shown: %s', (secret) => {
    for (const secrets of [secret, `${safe.BETTER_AUTH_SECRET},${secret}`]) {
      const read = () => readSettings({ ...safe, BETTER_AUTH_SECRET: secrets, ALLOW_INSECURE: 'http,outbox' })
      expect(read).toThrow(/^BETTER_AUTH_SECRET must be random in production/)
      expect(read).not.toThrow(secret)
    }
  })

  test.each([
    ['openssl rand -base64 32', () => randomBytes(32).toString('base64')],
    ['openssl rand -hex 16', () => randomBytes(16).toString('hex')],
    ['a URL-safe text', () => randomBytes(24).toString('base64url')],
    ['a UUID', () => randomUUID()],
  ])('a generated secret is never refused: %s', (_, generate) => {
    for (let n = 0; n < 300; n += 1) readSettings({ ...safe, BETTER_AUTH_SECRET: generate() })
  })
})

test('without a setting no Redis is touched that may be someone else’s', () => {
  expect(() => readSettings({})).toThrow(/^REDIS_URL must be set/)
  expect(() => readSettings({ REDIS_URL, REDIS_CLUSTER_NODES: 'redis-1:7000' })).toThrow(
    /^REDIS_URL cannot be set together/,
  )
  expect(() => readSettings({ REDIS_CLUSTER_NODES: 'redis-1:7000', REDIS_SENTINELS: 'sentinel-1:26379' })).toThrow(
    /^REDIS_CLUSTER_NODES cannot be set together/,
  )
})

test('how the server signs in to Redis is said once', () => {
  expect(() => readSettings({ REDIS_URL: 'redis://:pw@redis.example', REDIS_PASSWORD: 'pw' })).toThrow(
    /^REDIS_PASSWORD cannot be set together/,
  )
  expect(readSettings({ REDIS_URL, REDIS_PASSWORD: 'pw' }).redis).toMatchObject({ password: 'pw' })
  expect(() => readSettings({ REDIS_SENTINELS: 'sentinel-1:26379' })).toThrow(/^REDIS_SENTINEL_MASTER must be the name/)
  expect(() => readSettings({ REDIS_CLUSTER_NODES: 'redis-1:7000', REDIS_SENTINEL_MASTER: 'main' })).toThrow(
    /^REDIS_SENTINEL_MASTER needs REDIS_SENTINELS/,
  )
})

test('.env.example explains every setting, and its values are the defaults', async () => {
  const text = await readFile(new URL('../../../.env.example', import.meta.url), 'utf8')
  const example = Object.fromEntries(
    [...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  )
  const explained = Object.keys(variables.shape).filter((name) => name !== 'NODE_ENV')
  expect(Object.keys(example).toSorted()).toEqual(explained.toSorted())
  expect(readSettings({ ...example, REDIS_URL })).toEqual(readSettings({ REDIS_URL }))
})
