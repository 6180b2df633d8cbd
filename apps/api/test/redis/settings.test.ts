import { once } from 'node:events'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { freePort, type PrivateRedis, startCluster, startRedis, startSentinel } from '@rollcall/dev-redis'
import { expect, test } from 'vitest'
import { withRedis, PASSWORD, SECRET, signUpDevice, startServer } from '../helpers.js'
import { runServer } from '../processes.js'

const REDIS_SECRET = 'hunter2-of-redis'
const SENTINEL_SECRET = 'hunter2-of-sentinel'

const certificate = fileURLToPath(new URL('../certificate/certificate.pem', import.meta.url))
const key = fileURLToPath(new URL('../certificate/key.pem', import.meta.url))
/** A server that speaks TLS at its port and nothing else. */
const tls = (port: number, files = { certificate, key }) =>
  [
    ['--port', '0', '--tls-port', String(port), '--tls-replication', 'yes', '--tls-auth-clients', 'no'],
    ['--tls-cert-file', files.certificate, '--tls-key-file', files.key, '--tls-ca-cert-file', files.certificate],
  ].flat()

/** From here on only this user gets in. The servers' own connections to each other are there already. */
async function closeToAllBut(servers: readonly PrivateRedis[], user: string, secret: string): Promise<void> {
  for (const server of servers) {
    await withRedis(server, async (admin) => {
      if (user !== 'default') await admin.acl('SETUSER', user, 'on', `>${secret}`, '~*', '&*', '+@all')
      await admin.acl('SETUSER', 'default', ...(user === 'default' ? ['resetpass', `>${secret}`] : ['off']))
    })
  }
}

const send = (url: string, path: string, body: unknown, cookie = '') =>
  fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: url, cookie },
    body: JSON.stringify(body),
  })

const list = (url: string, cookie: string) => fetch(`${url}/trpc/devices.list`, { headers: { cookie } })

/** @returns the cookie of someone who just signed up */
async function signUpAt(url: string): Promise<string> {
  const signUp = await send(url, '/api/auth/sign-up/email', {
    email: 'ada@example.org',
    password: PASSWORD,
    name: 'Ada',
  })
  expect(signUp.status, await signUp.clone().text()).toBe(200)
  return signUp.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ')
}

/** Someone signs up, is listed, and is signed out by themselves. */
async function useOnce(url: string): Promise<void> {
  const cookie = await signUpAt(url)
  const listed = await list(url, cookie)
  expect(listed.status, await listed.clone().text()).toBe(200)
  expect((await send(url, '/trpc/devices.revokeAll', {}, cookie)).status).toBe(200)
  expect((await list(url, cookie)).status).toBe(401)
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ redis: 'ok' })
}

/** Runs the server with these settings, and with each that is wrong, which must end with a message that shows no secret. */
async function expectToNeed(
  env: NodeJS.ProcessEnv,
  wrong: readonly (readonly [NodeJS.ProcessEnv, RegExp])[],
): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-redis-settings-'))
  const patient = { REDIS_COMMAND_TIMEOUT_MS: '2000', REDIS_SOCKET_TIMEOUT_MS: '4000' } // several start at once
  const all = { DATA_DIR: dataDir, BETTER_AUTH_SECRET: SECRET, NODE_EXTRA_CA_CERTS: certificate, ...patient, ...env }
  const [, ...failures] = await Promise.all([
    (async () => {
      await using server = await runServer(all)
      expect(server.url, server.output()).not.toBeNull()
      await useOnce(server.url ?? '')
    })(),
    ...wrong.map(async ([change, message]) => {
      await using server = await runServer({ ...all, ...change })
      return { message, output: server.output() }
    }),
  ])
  for (const { message, output } of failures) {
    expect(output).toMatch(message)
    expect(output).not.toMatch(/hunter2/)
    expect(output.trim().split('\n'), output).toHaveLength(1)
  }
  await rm(dataDir, { recursive: true, force: true })
}

test('a Cluster with TLS, a user and a password', async () => {
  await using cluster = await startCluster({ args: (port) => [...tls(port), '--tls-cluster', 'yes'] })
  await closeToAllBut(
    cluster.nodes.map(({ server }) => server),
    'rollcall',
    REDIS_SECRET,
  )
  const env = {
    REDIS_CLUSTER_NODES: cluster.addresses,
    REDIS_USERNAME: 'rollcall',
    REDIS_PASSWORD: REDIS_SECRET,
    REDIS_TLS: 'on',
  }
  await expectToNeed(env, [
    [{ REDIS_PASSWORD: 'hunter2' }, /^REDIS_CLUSTER_NODES: .*WRONGPASS/],
    [{ NODE_EXTRA_CA_CERTS: '' }, /^REDIS_CLUSTER_NODES: .*self.signed certificate/],
  ])
}, 90_000)

test('Sentinel with TLS, where the sentinels and the servers have passwords of their own', async () => {
  await using sentinel = await startSentinel({ args: tls })
  await closeToAllBut(
    sentinel.nodes.map(({ server }) => server),
    'rollcall',
    REDIS_SECRET,
  )
  await closeToAllBut(
    sentinel.sentinels.map(({ server }) => server),
    'default',
    SENTINEL_SECRET,
  )
  const env = {
    REDIS_SENTINELS: sentinel.sentinels.map(({ port }) => `127.0.0.1:${port}`).join(', '),
    REDIS_SENTINEL_MASTER: sentinel.name,
    REDIS_SENTINEL_PASSWORD: SENTINEL_SECRET,
    REDIS_USERNAME: 'rollcall',
    REDIS_PASSWORD: REDIS_SECRET,
    REDIS_TLS: 'on',
  }
  await expectToNeed(env, [
    [{ REDIS_PASSWORD: 'hunter2' }, /^REDIS_SENTINELS: .*WRONGPASS/],
    [{ REDIS_SENTINEL_PASSWORD: 'hunter2' }, /^REDIS_SENTINELS: .*(?:sentinels|WRONGPASS)/],
    [{ REDIS_SENTINEL_MASTER: 'hunter2' }, /^REDIS_SENTINEL_MASTER: The sentinels know no master by this name$/m],
  ])
}, 90_000)

test('a running server whose Redis comes back with another certificate answers 503 until that is put right', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'rollcall-redis-settings-'))
  const files = { certificate: join(dir, 'certificate.pem'), key: join(dir, 'key.pem') }
  const use = (prefix: string) =>
    Promise.all([
      copyFile(new URL(`../certificate/${prefix}certificate.pem`, import.meta.url), files.certificate),
      copyFile(new URL(`../certificate/${prefix}key.pem`, import.meta.url), files.key),
    ])
  await use('')
  const port = await freePort()
  await using redis = await startRedis({ persist: true, args: ['--bind', '127.0.0.1', ...tls(port, files)] })
  let attempts = 0
  const proxy = createServer((client) => {
    attempts += 1
    const upstream = connect(port, '127.0.0.1')
    pipeline(client, upstream, client, () => undefined)
  }).listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  await using server = await runServer({
    DATA_DIR: dir,
    BETTER_AUTH_SECRET: SECRET,
    NODE_EXTRA_CA_CERTS: certificate,
    REDIS_URL: `rediss://127.0.0.1:${(proxy.address() as AddressInfo).port}`, // of a TCP server
  })
  const url = server.url ?? expect.fail(server.output())
  const cookie = await signUpAt(url)
  await use('other-')
  await redis.restart()
  const before = attempts
  await expect.poll(() => attempts).toBeGreaterThan(before + 2)
  expect((await list(url, cookie)).status).toBe(503)
  await use('')
  await redis.restart()
  await expect.poll(async () => (await list(url, cookie)).status).toBe(200)
  proxy.close()
  await rm(dir, { recursive: true, force: true })
}, 90_000)

test('the node of a Cluster in REDIS_URL is refused, and the message names the right setting', async () => {
  await using redis = await startRedis({
    args: ['--cluster-enabled', 'yes', '--cluster-port', String(await freePort())],
  })
  await expect(startServer({ redis })).rejects.toThrow(
    /^REDIS_URL: This is a node of a Redis Cluster.*REDIS_CLUSTER_NODES/,
  )
})

test('a sentinel in REDIS_URL is refused, and the message names the right setting', async () => {
  await using sentinel = await startSentinel()
  const env = { REDIS_URL: `redis://127.0.0.1:${sentinel.sentinels[0]?.port}` }
  await expect(startServer({ env })).rejects.toThrow(/^REDIS_URL: This is a Redis Sentinel.*REDIS_SENTINELS/)
})

test.each([
  [
    'Cluster',
    (at: string) => ({ REDIS_URL: '', REDIS_CLUSTER_NODES: at }),
    /^REDIS_CLUSTER_NODES: This Redis is no Cluster; set REDIS_URL instead$/,
  ],
  [
    'sentinel',
    (at: string) => ({ REDIS_URL: '', REDIS_SENTINELS: at, REDIS_SENTINEL_MASTER: 'main' }),
    /^REDIS_SENTINELS: This Redis is no sentinel; set REDIS_URL/,
  ],
] as const)(
  'a plain Redis where a %s belongs is refused, and the message names the right setting',
  async (_, settings, refusal) => {
    const port = await freePort()
    await using _redis = await startRedis({ args: ['--bind', '127.0.0.1', '--port', String(port)] })
    await expect(startServer({ env: settings(`127.0.0.1:${port}`) })).rejects.toThrow(refusal)
  },
)

test('the database that REDIS_URL names is used, and one that does not exist is refused', async () => {
  const port = await freePort()
  await using redis = await startRedis({ args: ['--bind', '127.0.0.1', '--port', String(port), '--databases', '4'] })
  const env = (database: number) => ({ REDIS_URL: `redis://127.0.0.1:${port}/${database}` })
  await expect(startServer({ redis, env: env(4) })).rejects.toThrow(/^REDIS_URL: This Redis has no database 4$/)
  await using server = await startServer({ redis, env: env(3) })
  await signUpDevice(server)
  await withRedis(redis, async (admin) => {
    expect(await admin.dbsize()).toBe(0)
    await admin.select(3)
    expect(await admin.keys('user:*:sessions')).toHaveLength(1)
  })
})
