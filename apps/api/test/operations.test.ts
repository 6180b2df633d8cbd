import { execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { cp, mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { databaseOn, postgresBinaries, startPostgres } from '@rollcall/dev-postgres'
import { type PrivateRedis, startRedis } from '@rollcall/dev-redis'
import { createSessionStore } from '@rollcall/session-store'
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { readSettings } from '../src/settings/env.js'
import { variables } from '../src/settings/variables.js'
import { signUpDevice, startServer } from './helpers.js'
import { temporaryFolder } from './temporary-folder.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const text = await readFile(join(root, 'docs/operations.md'), 'utf8')
const run = promisify(execFile)
const isInstalled = (program: string, ...args: string[]): boolean =>
  spawnSync(program, args.length > 0 ? args : ['--version']).status === 0

/** The one example in this language that holds these words. */
function example(language: string, words: string): string {
  const found = [...text.matchAll(/```(\w+)\n(.*?)```/gs)].filter(
    ([, name, code = '']) => name === language && code.includes(words),
  )
  expect(found, `${language} with ${words}`).toHaveLength(1)
  return found[0]?.[2] ?? ''
}

/** Runs an example in a shell that finds the programs of a private Redis, which need not be installed. */
async function shell(redis: PrivateRedis, code: string, env: Record<string, string>): Promise<void> {
  const programs = dirname(await readlink(`/proc/${redis.pid}/exe`))
  const libraries = join(programs, '../lib')
  const folders = (await readdir(libraries))
    .filter((name) => name.endsWith('-linux-gnu'))
    .map((name) => join(libraries, name))
  const paths = { PATH: [programs, process.env['PATH']].join(delimiter), LD_LIBRARY_PATH: folders.join(delimiter) }
  await run('sh', ['-euc', code], { env: { ...process.env, ...paths, ...env } })
}

test('each example waits for longer than a server takes to stop', () => {
  const { leavingMs, drainMs } = readSettings({
    NODE_ENV: 'production',
    REDIS_URL: 'redis://localhost',
    BASE_URL: 'https://rollcall.example',
    SMTP_URL: 'smtp://mail.example',
    BETTER_AUTH_SECRET: randomBytes(32).toString('base64'),
  })
  const waits = [/TimeoutStopSec=(\d+)/, /terminationGracePeriodSeconds: (\d+)/, /docker stop -t (\d+)/].map((wait) =>
    Number(wait.exec(text)?.[1]),
  )
  for (const seconds of waits) expect(seconds * 1_000).toBeGreaterThan(leavingMs + drainMs)
  const idle = Number(/keepalive_timeout (\d+)s/.exec(text)?.[1])
  expect(idle * 1_000).toBeLessThan(readSettings({ REDIS_URL: 'redis://localhost' }).keepAliveMs)
})

test('systemd goes on starting a server whose database is late', () => {
  const [, pause] = /RestartSec=(\d+)/.exec(example('ini', '[Service]')) ?? []
  expect(5 * Number(pause)).toBeGreaterThan(10) // it gives up after 5 starts within 10 s
})

test('the settings and the log lines that are named exist', async () => {
  const settings = new Set([...text.matchAll(/`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`/g)].map(([, name = '']) => name))
  expect([...settings].filter((name) => !(name in variables.shape))).toEqual([])
  const lines = [...text.matchAll(/`([A-Z][a-z]* [^`]+)`/g)].map(([, line = '']) => line)
  expect(lines.length).toBeGreaterThan(3)
  const files = (await readdir(join(root, 'apps/api/src'), { recursive: true })).filter((file) => file.endsWith('.ts'))
  const sources = (await Promise.all(files.map((file) => readFile(join(root, 'apps/api/src', file), 'utf8')))).join(
    '\n',
  )
  expect(lines.filter((line) => !sources.includes(line))).toEqual([])
})

test('each alert is in the table of alarms', async () => {
  const alerts = await readFile(join(root, 'ops/alerts.yml'), 'utf8')
  const names = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name)
  expect(names.length).toBeGreaterThan(3)
  const alarms = /^## Alarms\n(.*?)^## /ms.exec(text)?.[1] ?? ''
  expect(
    names.filter((name) => !alarms.includes(`| alert \`${name}\` |`) && !alarms.includes(`(alert \`${name}\`) |`)),
  ).toEqual([])
})

test('the commands by hand revoke all sessions of a user, and of nobody else', async () => {
  await using server = await startServer()
  const [ada, bob] = [await signUpDevice(server), await signUpDevice(server)]
  const { id } = (await ada.api.session.current.query()).user
  const commands = example('sh', 'openssl').replace('-u "$REDIS_URL"', '-s "$REDIS_SOCKET"')
  await shell(server.redis, commands, { USER_ID: id, REDIS_SOCKET: server.redis.url })
  await expect(ada.api.session.current.query()).rejects.toThrow('Please sign in')
  expect((await bob.api.session.current.query()).user.email).toBe(bob.email)
})

test.runIf(isInstalled('systemd-analyze'))('systemd takes the unit', async () => {
  await using folder = await temporaryFolder('unit')
  const file = join(folder.path, 'rollcall.service')
  await writeFile(
    file,
    example('ini', '[Service]').replace('/usr/bin/node', process.execPath).replace('User=rollcall', 'User=root'),
  )
  const { stderr } = await run('systemd-analyze', ['verify', '--man=no', file])
  expect(stderr.split('\n').filter((line) => line.includes('rollcall.service'))).toEqual([])
})

test.runIf(isInstalled('kubectl', 'version', '--client'))('kubectl knows each field of the deployment', async () => {
  const deployment = example('yaml', 'kind: Deployment')
  const keys = (text: string, key: RegExp) => new Set([...text.matchAll(key)].map(([, name = '']) => name))
  /** As kubectl understands it, without a cluster: it leaves out what it does not know. */
  const understood = async (text: string) => {
    const kubectl = run('kubectl', ['set', 'image', '--local', '-f', '-', 'rollcall=another', '-o', 'json'])
    kubectl.child.stdin?.end(text)
    return keys((await kubectl).stdout, /"(\w+)":/g)
  }
  const named = keys(deployment, /\b([A-Za-z]+):(?=\s)/g)
  expect(named.size).toBeGreaterThan(20)
  const missingIn = async (text: string) => {
    const known = await understood(text)
    return [...named].filter((name) => !known.has(name))
  }
  expect(await missingIn(deployment)).toEqual([])
  expect(await missingIn(deployment.replace('failureThreshold', 'failureTreshold'))).toEqual(['failureThreshold'])
})

test.runIf(isInstalled('sqlite3'))(
  'accounts are in the backup of SQLite, and later ones are gone once it is restored',
  async () => {
    await using backup = await temporaryFolder('backup')
    await using folder = await temporaryFolder('restored')
    const [save, restore] = [example('sh', '.backup'), example('sh', 'cp ')]
    await using server = await startServer({ env: { DATABASE_URL: '' } })
    const { redis, dataDir } = server
    const before = await signUpDevice(server)
    await shell(redis, save, { DATA_DIR: dataDir, BACKUP: backup.path })
    const after = await signUpDevice(server)
    // As a server that is killed leaves them: the newest changes are in the log beside the file.
    await cp(dataDir, folder.path, { recursive: true })

    const env = { DATA_DIR: folder.path, DATABASE_URL: '' }
    await shell(redis, restore, { ...env, BACKUP: backup.path })
    await using restored = await startServer({ redis, env })
    await restored.browser().signIn(before.email)
    await expect(restored.browser().signIn(after.email)).rejects.toThrow()
  },
)

test.runIf(postgresBinaries !== null && isInstalled('pg_dump'))(
  'accounts are in the backup of PostgreSQL, and later ones are gone once it is restored',
  async () => {
    await using backup = await temporaryFolder('backup')
    await using postgres = await startPostgres()
    const env = { DATABASE_URL: await databaseOn(postgres.url, 'rollcall') }
    const [dump, restore] = [example('sh', 'pg_dump'), example('sh', 'pg_restore')]
    await using server = await startServer({ env })
    const { redis } = server
    const before = await signUpDevice(server)
    await shell(redis, dump, { ...env, BACKUP: backup.path })
    const after = await signUpDevice(server)
    await server.close()

    await shell(redis, restore, { ...env, BACKUP: backup.path })
    await using restored = await startServer({ redis, env })
    await restored.browser().signIn(before.email)
    await expect(restored.browser().signIn(after.email)).rejects.toThrow()
  },
  60_000,
)

test('a session is in the copy of Redis, for one that starts with it', async () => {
  await using folder = await temporaryFolder('copy')
  const backup = join(folder.path, 'backup')
  const moved = join(folder.path, 'moved')
  await Promise.all([mkdir(backup), mkdir(moved)])
  await using redis = await startRedis()
  const client = new Redis(redis.url)
  const device = await createSessionStore({ redis: client }).create({ userId: 'ada' })
  await shell(redis, example('sh', '--rdb'), { REDIS_SOCKET: redis.url, BACKUP: backup })
  client.disconnect()
  await cp(join(backup, 'dump.rdb'), join(moved, 'dump.rdb'))
  await using other = await startRedis({ dir: moved })
  const there = new Redis(other.url)
  expect(await there.config('SET', 'appendonly', 'yes')).toBe('OK')
  expect((await createSessionStore({ redis: there }).validate(device?.token ?? ''))?.userId).toBe('ada')
  there.disconnect()
})
