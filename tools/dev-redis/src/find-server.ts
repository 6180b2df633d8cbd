import { execFile } from 'node:child_process'
import { access, constants, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { arch } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { placesFromEnvironment, type Places } from './env.js'

const run = promisify(execFile)

const NAMES = ['redis-server', 'valkey-server'] as const
const OLDEST_MAJOR = 7
/** Milliseconds that one apt or dpkg command may take on a slow network. */
const COMMAND_DEADLINE_MS = 120_000

/** A server that was run once with `--version` and is new enough. */
export interface Server {
  /** Program and leading arguments; the server's own arguments follow. */
  readonly command: readonly [string, ...string[]]
  readonly version: string
}

/** There is no Redis on this machine and none could be had; the message names the ways to get one. */
export class RedisUnavailableError extends Error {
  override readonly name = 'RedisUnavailableError'

  constructor(tried: readonly string[], cache: string) {
    super(
      [
        'No Redis to run on. Any one of these helps:',
        '  - set REDIS_URL to a Redis 7.0 or newer, or a Valkey, that you run;',
        '  - install redis-server 7.0 or newer, or valkey-server, so that it is on PATH;',
        `  - on Debian or Ubuntu, give this machine its package archive: redis-server is then unpacked into ${cache}, not installed.`,
        'Tried:',
        ...tried.map((line) => `  - ${line}`),
      ].join('\n'),
    )
  }
}

/**
 * Finds a Redis 7.0 or newer, or a Valkey: on PATH, in an earlier download, or by a download.
 *
 * @param program Only this one, from PATH.
 * @throws {RedisUnavailableError} If all of them fail.
 */
export async function findServer(
  places: Places = placesFromEnvironment(),
  program?: (typeof NAMES)[number],
): Promise<Server> {
  const tried: string[] = []
  const attempt = async (what: string, find: () => Promise<Server | undefined>): Promise<Server | undefined> => {
    try {
      return await find()
    } catch (error) {
      tried.push(`${what}: ${reason(error)}`)
      return undefined
    }
  }

  let onPath = false
  const names = program === undefined ? NAMES : [program]
  for (const name of names) {
    for (const folder of places.path) {
      const path = join(folder, name)
      if (!(await isProgram(path))) continue
      onPath = true
      const server = await attempt(path, () => check([path]))
      if (server) return server
    }
  }
  if (!onPath) tried.push(`PATH: no ${names.join(' and no ')}`)
  if (program !== undefined) throw new RedisUnavailableError(tried, places.cache)

  const unpacked = join(places.cache, `redis-${await systemName()}`)
  const server =
    (await attempt(unpacked, () => unpackedServer(unpacked))) ?? (await attempt('download', () => download(unpacked)))
  if (server) return server
  throw new RedisUnavailableError(tried, places.cache)
}

async function check(command: Server['command']): Promise<Server> {
  const [program, ...rest] = command
  const { stdout } = await run(program, [...rest, '--version'])
  const version = /\bv=(\d+)\.[\d.]+/.exec(stdout)
  if (!version) throw new Error(`does not say its version: ${stdout.trim()}`)
  if (Number(version[1]) < OLDEST_MAJOR) throw new Error(`too old: ${version[0].slice(2)}`)
  return { command, version: version[0].slice(2) }
}

/** The server in an unpacked folder, which brings its own libraries; undefined when there is no such folder. */
async function unpackedServer(folder: string): Promise<Server | undefined> {
  const program = join(folder, 'usr/bin/redis-server')
  if (!(await isProgram(program))) return undefined
  const entries = await readdir(folder, { recursive: true })
  const libraries = new Set(
    entries.filter((entry) => /\.so(\.|$)/.test(entry)).map((entry) => join(folder, dirname(entry))),
  )
  return await check(['/usr/bin/env', `LD_LIBRARY_PATH=${[...libraries].join(':')}`, program])
}

/** Unpacks Debian's packages beside `folder` and renames, so that `folder` is either absent or whole. */
async function download(folder: string): Promise<Server> {
  await mkdir(dirname(folder), { recursive: true, mode: 0o700 })
  const work = await mkdtemp(`${folder}.unpacking-`)
  try {
    const fresh = join(work, 'root')
    try {
      await unpackPackages(work, fresh, [])
    } catch (error) {
      if (hasCode(error, 'ENOENT')) throw new Error('needs apt-get and dpkg, of Debian or Ubuntu', { cause: error })
      // The machine's package lists are missing, or older than its archive. Lists of our own need no
      // root, and leave the machine's as they are.
      await unpackPackages(work, fresh, await ownLists(work))
    }
    if (!(await unpackedServer(fresh))) throw new Error('the packages hold no redis-server')

    // Another process may have been faster, and may run what it unpacked: never take that away.
    const theirs = await unpackedServer(folder).catch(() => undefined)
    if (theirs) return theirs
    await rm(folder, { recursive: true, force: true })
    await rename(fresh, folder).catch((error: unknown) => {
      if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error
    })
    const server = await unpackedServer(folder)
    if (!server) throw new Error('the unpacked folder vanished')
    return server
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function unpackPackages(work: string, root: string, aptOptions: readonly string[]): Promise<void> {
  const debs = join(work, 'debs')
  await rm(debs, { recursive: true, force: true })
  await mkdir(debs)
  await mkdir(root, { recursive: true })
  const packages = await packagesNeeded(aptOptions)
  await run('apt-get', [...aptOptions, 'download', ...packages], { cwd: debs, timeout: COMMAND_DEADLINE_MS })
  for (const deb of await readdir(debs)) {
    await run('dpkg', ['-x', join(debs, deb), root], { timeout: COMMAND_DEADLINE_MS })
  }
}

/** The server's packages and each library below them, but the C library: that one comes with the machine. */
async function packagesNeeded(aptOptions: readonly string[]): Promise<string[]> {
  const kinds = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances']
  const { stdout } = await run(
    'apt-cache',
    [...aptOptions, 'depends', '--recurse', ...kinds.map((kind) => `--no-${kind}`), 'redis-server'],
    { timeout: COMMAND_DEADLINE_MS, maxBuffer: 16 * 1024 * 1024 },
  )
  const dependencies = new Map<string, string[]>()
  let current: string[] = []
  for (const line of stdout.split('\n')) {
    const dependency = /^[ |]+\S+: (\S+)$/.exec(line)?.[1]
    if (dependency) current.push(dependency)
    else if (/^[^\s<]/.test(line)) dependencies.set(line, (current = []))
  }
  const needed = new Set(['redis-server', 'redis-tools'])
  // The iteration of a Set also visits names that are added meanwhile.
  for (const name of needed) {
    for (const dependency of dependencies.get(name) ?? []) {
      if (/^lib[^:]+$/.test(dependency) && dependency !== 'libc6') needed.add(dependency)
    }
  }
  return [...needed]
}

async function ownLists(work: string): Promise<string[]> {
  const lists = join(work, 'lists')
  const cache = join(work, 'apt-cache')
  await mkdir(join(lists, 'partial'), { recursive: true })
  await mkdir(join(cache, 'archives/partial'), { recursive: true })
  const options = ['-o', `Dir::State::lists=${lists}`, '-o', `Dir::Cache=${cache}`]
  // apt run by root fetches as a user who may not enter a private folder.
  if (process.getuid?.() === 0) options.push('-o', 'APT::Sandbox::User=root')
  await run('apt-get', [...options, 'update'], { timeout: COMMAND_DEADLINE_MS })
  return options
}

/** Distinguishes systems that share one home folder: their libraries differ. */
async function systemName(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const field = (name: string) => new RegExp(`^${name}="?([\\w.]+)"?$`, 'm').exec(release)?.[1] ?? 'unknown'
  return `${field('ID')}-${field('VERSION_ID')}-${arch()}`
}

async function isProgram(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const lines = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : ''
  return (lines || error.message).split('\n').slice(-2).join(' ')
}
