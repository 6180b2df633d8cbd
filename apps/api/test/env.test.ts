import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { profiles } from '@rollcall/session-store'
import { expect, test } from 'vitest'
import { readSettings } from '../src/settings/env.js'
import { variables } from '../src/settings/variables.js'

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
    providers: [],
    smtpUrl: undefined,
    confirmsAddress: false,
    reauthenticateAfterMs: 15 * 60_000,
    nearCacheLeaseMs: undefined,
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

test('blanks around a value do not count, except in a password', () => {
  const env = {
    REDIS_URL,
    PORT: '3001',
    HOST: '::1',
    DATABASE_URL: 'postgres://u:p@db.example/a',
    SMTP_URL: 'smtp://mail.example',
    DATA_DIR: '/data',
    KEY_PREFIX: 'shop:',
  }
  const blank = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, ` ${value}\n`]))
  expect(readSettings({ ...blank, BASE_URL: ' ', REDIS_USERNAME: '\t' })).toEqual(readSettings(env))
  expect(readSettings({ REDIS_URL, REDIS_PASSWORD: ' p ' }).redis).toMatchObject({ password: ' p ' })
})

test('a database is named by its host, or by the folder of its socket', () => {
  const DATABASE_URL = 'postgres:///a?host=%2Frun%2Fpostgresql'
  expect(readSettings({ REDIS_URL, DATABASE_URL }).databaseUrl).toBe(DATABASE_URL)
})

test('a sign-up confirms its address where mails can be sent, unless the setting says otherwise', () => {
  const SMTP_URL = 'smtp://mail.example'
  expect(
    [{}, { SMTP_URL }, { SIGN_UP: 'confirmed' }, { SMTP_URL, SIGN_UP: 'direct' }, { SMTP_URL, SIGN_UP: '' }].map(
      (env) => readSettings({ REDIS_URL, ...env }).confirmsAddress,
    ),
  ).toEqual([false, true, true, false, true])
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
      SIGN_UP: 'confirmed',
      SIGN_IN_PROVIDERS: '[{"id":"microsoft","tenant":"consumers","clientId":"a","clientSecret":"b"}]',
      REAUTHENTICATION_MINUTES: '5',
      NEAR_CACHE_LEASE_MS: '500',
      METRICS_PORT: '9464',
      METRICS_HOST: '0.0.0.0',
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
    metrics: { port: 9464, host: '0.0.0.0' },
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
    providers: [
      {
        id: 'microsoft',
        name: 'Microsoft',
        protocol: 'oidc',
        issuer: 'https://login.microsoftonline.com/consumers/v2.0',
        clientId: 'a',
        clientSecret: 'b',
      },
    ],
    smtpUrl: 'smtps://user:pw@mail.example',
    confirmsAddress: true,
    reauthenticateAfterMs: 5 * 60_000,
    nearCacheLeaseMs: 500,
    activityDays: 365,
    trustedProxies: ['loopback', '10.0.0.0/8', '2001:db8::1'],
    places: false,
    timeouts: profiles.aal2,
    maxSessionsPerUser: 20,
    durability: 'replicated',
    allowedInsecure: [], // both are allowed, and neither is used
  })
  // 0 is both of them, as in networks that have IPv6 alone.
  for (const family of [0, 4, 6]) {
    const url = `${REDIS_URL}?family=${family}`
    expect(readSettings({ REDIS_URL: url }).redis).toMatchObject({ kind: 'single', url })
  }
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

test('.env.example explains every setting, and its values are the defaults', async () => {
  const text = await readFile(new URL('../../../.env.example', import.meta.url), 'utf8')
  const example = Object.fromEntries(
    [...text.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  )
  const explained = Object.keys(variables.shape).filter((name) => name !== 'NODE_ENV')
  expect(Object.keys(example).toSorted()).toEqual(explained.toSorted())
  expect(readSettings({ ...example, REDIS_URL })).toEqual(readSettings({ REDIS_URL }))
})
