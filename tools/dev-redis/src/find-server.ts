import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Command, download, isProgram, unpackedFolder, findUnpacked } from './debian.js'
import { placesFromEnvironment, type Places } from './env.js'

const run = promisify(execFile)

const NAMES = ['redis-server', 'valkey-server'] as const
const OLDEST_MAJOR = 7
const DEBIAN = { packages: ['redis-server', 'redis-tools'], program: 'usr/bin/redis-server', check }

/** A server that was run once with `--version` and is new enough. */
export interface Server {
  readonly command: Command
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

  const unpacked = await unpackedFolder('redis', places)
  const server =
    (await attempt(unpacked, () => findUnpacked(unpacked, DEBIAN))) ??
    (await attempt('download', () => download(unpacked, DEBIAN)))
  if (server) return server
  throw new RedisUnavailableError(tried, places.cache)
}

async function check(command: Command): Promise<Server> {
  const [program, ...rest] = command
  const { stdout } = await run(program, [...rest, '--version'])
  const version = /\bv=(\d+)\.[\d.]+/.exec(stdout)
  if (!version) throw new Error(`does not say its version: ${stdout.trim()}`)
  if (Number(version[1]) < OLDEST_MAJOR) throw new Error(`too old: ${version[0].slice(2)}`)
  return { command, version: version[0].slice(2) }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const lines = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim() : ''
  return (lines || error.message).split('\n').slice(-2).join(' ')
}
