import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readSettings, SettingsError } from '../src/settings/env.js'

const REDIS_URL = 'redis://localhost:6379'

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
    ['BASE_URL', 'https://*.hunter2.example'],
    ['REDIS_URL', 'hunter2'],
    ['REDIS_URL', 'http://hunter2'],
    ['REDIS_URL', 'redis://redis.example/hunter2'],
    ['REDIS_URL', 'redis://redis.example/1/hunter2'],
    ['REDIS_URL', 'redis://redis.example?keyPrefix=hunter2'],
    ['REDIS_URL', 'redis://redis.example?db=1&x=hunter2'],
    ['REDIS_URL', '/run/redis.sock?db=hunter2'],
    ['REDIS_URL', 'redis://:hunter2%zz@redis.example'],
    ['REDIS_URL', 'redis://'],
    ['REDIS_URL', 'redis:///1'],
    ['REDIS_URL', 'redis://redis.example?family=hunter2'],
    ['REDIS_URL', 'redis://redis.example?family=9'],
    ['REDIS_SENTINELS', 'hunter2'],
    ['REDIS_SENTINEL_MASTER', 'hunter2'],
    ['REDIS_SENTINEL_PASSWORD', 'hunter2'],
    ['REDIS_USERNAME', 'hunter2'],
    ['REDIS_TLS', 'hunter2'],
    ['REDIS_TLS', 'on'],
    ['KEY_PREFIX', 'hunter2*'],
    ['KEY_PREFIX', '{hunter2}'],
    ['KEY_PREFIX', 'hunter2 shop'],
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
    ['DATABASE_URL', 'postgres://u:hunter2%zz@db.example/a'],
    ['DATABASE_URL', 'postgres://u:hunter2%ff@db.example/a'],
    ['DATABASE_URL', 'postgres://'],
    ['DATABASE_URL', 'postgres:///hunter2'],
    ['DATABASE_URL', 'postgres:hunter2'],
    ['BETTER_AUTH_SECRET', 'hunter2'],
    ['BETTER_AUTH_SECRET', ','],
    ['BETTER_AUTH_SECRET', `hunter2,${'x'.repeat(32)}`],
    ['SMTP_URL', 'hunter2'],
    ['SMTP_URL', 'smtp://u:hunter2%@mail.example'],
    ['SMTP_URL', 'smtp:hunter2'],
    ['SMTP_URL', 'smtp://?from=hunter2'],
    ['SMTP_URL', 'smtp://mail.example?from='],
    ['SMTP_URL', 'smtp://mail.example?from=hunter2'],
    ['HOST', '"hunter2"'],
    ['HOST', 'http://hunter2'],
    ['HOST', 'hunter2:3000'],
    ['METRICS_HOST', '[hunter2]'],
    ['METRICS_HOST', "'hunter2'"],
    ['DATA_DIR', '"hunter2"'],
    ['SIGN_UP', 'hunter2'],
    ['SIGN_IN_PROVIDERS', 'hunter2'],
    ['SIGN_IN_PROVIDERS', '{"id":"google","clientSecret":"hunter2"}'],
    ['SIGN_IN_PROVIDERS', '[{"id":"google","clientSecret":"hunter2"}]'],
    [
      'SIGN_IN_PROVIDERS',
      '[{"id":"google","clientId":"a","clientSecret":"hunter2","issuer":"https://hunter2.example"}]',
    ],
    [
      'SIGN_IN_PROVIDERS',
      '[{"id":"Hunter2","name":"A","issuer":"https://a.example","clientId":"a","clientSecret":"b"}]',
    ],
    [
      'SIGN_IN_PROVIDERS',
      '[{"id":"a","name":"A","issuer":"http://hunter2.example","clientId":"a","clientSecret":"b"}]',
    ],
    [
      'SIGN_IN_PROVIDERS',
      '[{"id":"a","name":"A","issuer":"https://a.example?hunter2","clientId":"a","clientSecret":"b"}]',
    ],
    ['SIGN_IN_PROVIDERS', '[{"id":"microsoft","tenant":"hunter2/","clientId":"a","clientSecret":"b"}]'],
    [
      'SIGN_IN_PROVIDERS',
      '[{"id":"github","clientId":"hunter2","clientSecret":"b"},{"id":"github","clientId":"a","clientSecret":"b"}]',
    ],
    ['REAUTHENTICATION_MINUTES', '0'],
    ['NEAR_CACHE_LEASE_MS', '0'],
    ['REDIS_COMMAND_TIMEOUT_MS', '199'],
    ['REDIS_SOCKET_TIMEOUT_MS', '250ms'],
    ['NEAR_CACHE_LEASE_MS', 'hunter2'],
    ['METRICS_PORT', 'hunter2'],
    ['METRICS_PORT', '65536'],
    ['REAUTHENTICATION_MINUTES', 'hunter2'],
    ['ACTIVITY_DAYS', 'hunter2'],
    ['ACTIVITY_DAYS', '0'],
    ['ACTIVITY_DAYS', '-1'],
    ['TRUSTED_PROXIES', 'hunter2'],
    ['TRUSTED_PROXIES', '10.0.0.0/99'],
    ['TRUSTED_PROXIES', '1'],
    ['PLACES', 'hunter2'],
  ])('%s=%s', (name, value) => {
    const read = () =>
      readSettings({ ...(!['REDIS_CLUSTER_NODES', 'REDIS_SENTINELS'].includes(name) && { REDIS_URL }), [name]: value })
    expect(read).toThrow(SettingsError)
    expect(read).toThrow(new RegExp(`^${name} `))
    expect(read).not.toThrow(/hunter2/)
  })

  test('a provider with a fault is named by its entry and field', () => {
    const list = [
      { id: 'google', clientId: 'a', clientSecret: 'b' },
      { id: 'github', clientId: 'a' },
    ]
    expect(() => readSettings({ REDIS_URL, SIGN_IN_PROVIDERS: JSON.stringify(list) })).toThrow(
      'SIGN_IN_PROVIDERS has a fault in entry 2: clientSecret must be a text',
    )
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
    // prettier-ignore
    ...[
      'http://rollcall.example', 'http://localhost:3000', 'https://localhost', 'https://LOCALHOST.:8443',
      'https://rollcall.localhost', 'https://localhost.localdomain', 'https://ip6-localhost', 'https://127.0.0.1',
      'https://127.1:8443', 'https://0.0.0.0', 'https://[::1]', 'https://[::ffff:127.0.0.1]', 'https://[::]',
    ].map((url): [string, string] => ['BASE_URL', url]),
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
    const onThisMachine = { ...safe, BASE_URL: 'https://localhost:8443' }
    expect(() => readSettings({ ...onThisMachine, ALLOW_INSECURE: 'http' })).toThrow(/^BASE_URL [^\n]*localhost$/)
    expect(readSettings({ ...onThisMachine, ALLOW_INSECURE: 'localhost' }).allowedInsecure).toEqual(['localhost'])
    expect(readSettings({ ...onThisMachine, NODE_ENV: 'development' }).baseUrl).toBe('https://localhost:8443')
  })

  test.each(['https://localhost.example', 'https://my-localhost', 'https://10.0.0.7', 'https://[fd00::1]'])(
    'an address that other machines may reach is taken: %s',
    (BASE_URL) => {
      expect(readSettings({ ...safe, BASE_URL })).toMatchObject({ baseUrl: BASE_URL, allowedInsecure: [] })
    },
  )

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
    'correct horse battery staple correct',

    'TODO: set me to something random please!',
    'DevelopmentKeyThatNobodyShouldEverDeploy',
    'iamthebestdeveloperintheworld20261130',
    'your-32-character-key-goes-here!!',
    'the-quick-brown-fox-jumps-over-42x',
    'th1s1sav3ryl0ngs3cr3tk3yf0rr0llc4ll',
  ])('a secret that nobody generated is refused, and not shown: %s', (secret) => {
    for (const secrets of [secret, `${safe.BETTER_AUTH_SECRET},${secret}`]) {
      const read = () => readSettings({ ...safe, BETTER_AUTH_SECRET: secrets, ALLOW_INSECURE: 'http,outbox' })
      expect(read).toThrow(/^BETTER_AUTH_SECRET must be random in production/)
      expect(read).not.toThrow(secret)
    }
  })

  test.each([
    ['openssl rand -base64 32', () => randomBytes(32).toString('base64')],
    [
      'openssl rand -base64 32, with the beginning of a keyboard in it',
      () => 'mVt1QAZ+r8hJw0pKqY3eXzN5uLcB7sDfG2oTiR6yWQE=',
    ],
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

test('a setting that does nothing without another one is refused', () => {
  expect(() => readSettings({ REDIS_URL, METRICS_HOST: '0.0.0.0' })).toThrow(/^METRICS_HOST needs METRICS_PORT$/)
  expect(readSettings({ REDIS_URL, METRICS_HOST: ' ' }).metrics).toBeUndefined()
  expect(readSettings({ REDIS_URL, METRICS_HOST: '127.0.0.1' }).metrics).toBeUndefined() // as .env.example has it
})

test('how the server signs in to Redis is said once', () => {
  expect(() => readSettings({ REDIS_URL: 'redis://:pw@redis.example', REDIS_PASSWORD: 'pw' })).toThrow(
    /^REDIS_PASSWORD cannot be set together/,
  )
  expect(readSettings({ REDIS_URL, REDIS_PASSWORD: 'pw' }).redis).toMatchObject({ password: 'pw' })
  expect(() => readSettings({ REDIS_SENTINELS: 'sentinel-1:26379' })).toThrow(/^REDIS_SENTINEL_MASTER must be the name/)
  const sentinel = { REDIS_SENTINELS: 'sentinel-1:26379', REDIS_SENTINEL_MASTER: 'main' }
  expect(() => readSettings({ ...sentinel, REDIS_SENTINEL_USERNAME: 'rollcall' })).toThrow(
    /^REDIS_SENTINEL_USERNAME needs REDIS_SENTINEL_PASSWORD$/,
  )
  expect(() => readSettings({ REDIS_CLUSTER_NODES: 'redis-1:7000', REDIS_SENTINEL_MASTER: 'main' })).toThrow(
    /^REDIS_SENTINEL_MASTER needs REDIS_SENTINELS/,
  )
})
