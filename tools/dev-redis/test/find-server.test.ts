import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { findServer, RedisUnavailableError } from '../src/find-server.js'
import { startRedis } from '../src/index.js'
import { ask, temporaryFolder } from './helpers.js'

async function pretend(folder: string, name: string, says: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, name), `#!/bin/sh\necho '${says}'\n`)
  await chmod(join(folder, name), 0o755)
}

const redis = (version: string) => `Redis server v=${version} sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=0`

afterEach(() => void vi.unstubAllEnvs())

describe('on PATH', () => {
  test('redis-server comes before valkey-server', async () => {
    await using folder = await temporaryFolder()
    await pretend(join(folder.path, 'a'), 'valkey-server', 'Valkey server v=8.1.0 sha=0 malloc=libc bits=64 build=0')
    await pretend(join(folder.path, 'b'), 'redis-server', redis('7.0.15'))
    const path = [join(folder.path, 'a'), join(folder.path, 'b')]
    expect(await findServer({ path, cache: folder.path })).toEqual({
      command: [join(folder.path, 'b/redis-server')],
      version: '7.0.15',
    })
  })

  test('valkey-server will do', async () => {
    await using folder = await temporaryFolder()
    await pretend(folder.path, 'valkey-server', 'Valkey server v=8.1.0 sha=0 malloc=libc bits=64 build=0')
    expect(await findServer({ path: [folder.path], cache: folder.path })).toMatchObject({ version: '8.1.0' })
  })

  test('a program that is asked for by name is the only one that will do', async () => {
    await using folder = await temporaryFolder()
    await pretend(folder.path, 'redis-server', redis('7.0.15'))
    const places = { path: [folder.path], cache: folder.path }
    await expect(findServer(places, 'valkey-server')).rejects.toThrow('no valkey-server')
    await pretend(folder.path, 'valkey-server', 'Valkey server v=8.1.0 sha=0 malloc=libc bits=64 build=0')
    expect(await findServer(places, 'valkey-server')).toMatchObject({ version: '8.1.0' })
  })

  test('one that is too old or broken is passed over', async () => {
    await using folder = await temporaryFolder()
    await pretend(join(folder.path, 'old'), 'redis-server', redis('6.2.14'))
    await pretend(join(folder.path, 'odd'), 'redis-server', 'hello')
    await pretend(join(folder.path, 'new'), 'redis-server', redis('7.4.0'))
    const path = ['old', 'odd', 'new'].map((name) => join(folder.path, name))
    expect(await findServer({ path, cache: folder.path })).toMatchObject({ version: '7.4.0' })
  })
})

test('with neither a server nor apt, the message names the ways and what was tried', async () => {
  await using folder = await temporaryFolder()
  await pretend(join(folder.path, 'old'), 'redis-server', redis('6.2.14'))
  const cache = join(folder.path, 'cache')
  vi.stubEnv('PATH', join(folder.path, 'old'))
  const error: unknown = await findServer({ path: [join(folder.path, 'old')], cache }).catch((e: unknown) => e)
  expect(error).toBeInstanceOf(RedisUnavailableError)
  const { message } = error as RedisUnavailableError
  expect(message).toContain('set REDIS_URL')
  expect(message).toContain('install redis-server 7.0 or newer, or valkey-server')
  expect(message).toContain('on Debian or Ubuntu')
  expect(message).toContain(`${join(folder.path, 'old/redis-server')}: too old: 6.2.14`)
  expect(message).toContain('needs apt-get and dpkg')
  expect(await readdir(cache), 'nothing half done is left').toEqual([])
})

const debian = (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'apt-get')))

// Without apt, only the test above holds this.
describe.runIf(debian)('download', { timeout: 300_000 }, () => {
  test('concurrent downloads leave one whole server, which the next run finds; a broken one is replaced', async () => {
    await using folder = await temporaryFolder()
    const places = { path: [], cache: folder.path }

    const [one, other] = await Promise.all([findServer(places), findServer(places)])
    expect(one).toEqual(other)
    const [unpacked = '', ...more] = await readdir(folder.path)
    expect(more).toEqual([])
    expect(one.command.at(-1)).toBe(join(folder.path, unpacked, 'usr/bin/redis-server'))

    vi.stubEnv('PATH', '/nowhere')
    expect(await findServer(places), 'found again, without apt').toEqual(one)

    vi.unstubAllEnvs()
    await pretend(join(folder.path, unpacked, 'usr/bin'), 'redis-server', 'broken')
    expect(await findServer(places)).toEqual(one)
  })

  test('works where the package lists are missing, and leaves them missing', async () => {
    await using folder = await temporaryFolder()
    const lists = join(folder.path, 'lists')
    await mkdir(lists)
    const config = join(folder.path, 'apt.conf')
    await writeFile(config, `Dir::State::lists "${lists}";\nDir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n`)
    vi.stubEnv('APT_CONFIG', config)
    expect(await findServer({ path: [], cache: join(folder.path, 'cache') })).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+/) as string,
    })
    expect(await readdir(lists)).toEqual([])
  })

  test('startRedis runs on a downloaded server', async () => {
    await using folder = await temporaryFolder()
    // Everything of the machine but its Redis.
    const bin = join(folder.path, 'bin')
    await mkdir(bin)
    for (const from of (process.env['PATH'] ?? '').split(delimiter).filter((path) => existsSync(path))) {
      for (const name of await readdir(from)) {
        if (/^(redis|valkey)-/.test(name) || existsSync(join(bin, name))) continue
        await symlink(join(from, name), join(bin, name)).catch(() => undefined)
      }
    }
    vi.stubEnv('PATH', bin)
    vi.stubEnv('XDG_CACHE_HOME', join(folder.path, 'cache'))
    await using server = await startRedis()
    const info = await ask(server.url, 'INFO server')
    expect(info).toContain(`executable:${join(folder.path, 'cache/rollcall')}`)
  })
})
