import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'

/** Where the PostgreSQL binaries lie, or null. Debian keeps them off PATH. */
function findBinaries(): string | null {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : []
  const folders = [...versions.map((version) => join(debian, version, 'bin')), ...(process.env['PATH'] ?? '').split(':')]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres'))) ?? null
}

export const postgresBinaries = findBinaries()

/** A private PostgreSQL on a unix socket; it refuses to run as root, so root hands it to `nobody`. */
export async function startPostgres() {
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
  const server = spawn(join(postgresBinaries, 'postgres'), ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-F'], {
    ...owner,
    cwd: folder,
    stdio: 'ignore',
  })
  const ended = once(server, 'exit')
  const url = `postgres://rollcall@localhost/postgres?host=${encodeURIComponent(folder)}`
  const deadline = Date.now() + 20_000
  for (;;) {
    const client = new Client({ connectionString: url })
    try {
      await client.connect()
      await client.end()
      break
    } catch (error) {
      if (Date.now() > deadline) throw error
      await pause(50)
    }
  }
  return {
    url,
    async [Symbol.asyncDispose]() {
      server.kill('SIGINT') // fast shutdown
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
