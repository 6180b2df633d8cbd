import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { foldersOnPath } from './env.js'

export { type BreakingMoment, lineTo, type PostgresLine } from './line.js'

/** The folder of the PostgreSQL binaries, or null. Debian keeps them off PATH. */
export const postgresBinaries = findBinaries()

/** Milliseconds until a new server answers. */
const START_TIMEOUT_MS = 20_000
/** PostgreSQL's codes for a database that exists already; the second when another connection has just created it. */
const DUPLICATES = ['42P04', '23505']

export interface PrivatePostgres extends AsyncDisposable {
  readonly url: string
  /** A fast shutdown, which ends every connection, and a new start; resolves when it answers again. */
  restart(): Promise<void>
}

/** A private PostgreSQL on a unix socket; it refuses to run as root, so root hands it to `nobody`. */
export async function startPostgres(): Promise<PrivatePostgres> {
  if (postgresBinaries === null) throw new Error('There are no PostgreSQL binaries on this machine')
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-pg-'))
  const nobody = 65_534
  const owner = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}
  if ('uid' in owner) chownSync(folder, nobody, nobody)
  const data = join(folder, 'data')
  const init = spawnSync(
    join(postgresBinaries, 'initdb'),
    ['-D', data, '-U', 'rollcall', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
    { ...owner, encoding: 'utf8', cwd: folder },
  )
  if (init.status !== 0) throw new Error(`initdb failed: ${init.stderr}`)
  const url = `postgres://rollcall@localhost/postgres?host=${encodeURIComponent(folder)}`
  const program = join(postgresBinaries, 'postgres')
  const run = (): ChildProcess =>
    spawn(program, ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-F'], {
      ...owner,
      cwd: folder,
      stdio: 'ignore',
    })
  let server = run()
  async function stop(): Promise<void> {
    const ended = once(server, 'exit')
    server.kill('SIGINT') // fast shutdown
    await ended
  }
  await answering(url)
  return {
    url,
    async restart() {
      await stop()
      server = run()
      await answering(url)
    },
    async [Symbol.asyncDispose]() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function answering(url: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS
  for (;;) {
    try {
      return await query(url, 'SELECT 1')
    } catch (error) {
      if (Date.now() > deadline) throw error
      await pause(50)
    }
  }
}

/** The address of a database of this name on a server of `startPostgres`: a new one, or the one made before. */
export async function databaseOn(url: string, name: string): Promise<string> {
  await query(url, `CREATE DATABASE "${name}"`).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && DUPLICATES.includes(String(error.code)))) throw error
  })
  return url.replace('/postgres?', `/${name}?`)
}

async function query(url: string, text: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(text)
  } finally {
    await client.end()
  }
}

function findBinaries(): string | null {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...foldersOnPath()]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null
}
