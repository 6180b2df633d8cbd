import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Command, download, unpackedFolder, findUnpacked } from '@rollcall/dev-redis'

/** The program: installed, or unpacked from Debian's package. Undefined where neither can be had. */
export const nginx = await findNginx()

async function findNginx(): Promise<Command | undefined> {
  const installed = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin']
    .map((folder) => join(folder, 'nginx'))
    .find((path) => existsSync(path))
  if (installed !== undefined) return [installed]
  const folder = await unpackedFolder('nginx')
  const debian = { packages: ['nginx'], program: 'usr/sbin/nginx', check }
  try {
    return (await findUnpacked(folder, debian).catch(() => undefined)) ?? (await download(folder, debian))
  } catch (error) {
    console.warn('There is no nginx here:', error)
    return undefined
  }
}

async function check([program, ...rest]: Command): Promise<Command> {
  await promisify(execFile)(program, [...rest, '-v'])
  return [program, ...rest]
}

/**
 * Reads the example of docs/operations.md, and replaces its addresses and certificates.
 *
 * @param targets Ports of the servers.
 * @param idleSeconds For how long an idle connection to a server stays open.
 * @throws {Error} if the example has lost a line that is replaced here.
 */
export async function exampleConfig(port: number, targets: readonly number[], idleSeconds: number): Promise<string> {
  const text = await readFile(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
  let example = /```nginx\n(.*?)```/s.exec(text)?.[1] ?? ''
  const replace = (from: string | RegExp, to: string): void => {
    if (example.search(from) < 0) throw new Error(`The example has no ${String(from)}`)
    example = example.replace(from, to)
  }
  for (const [n, target] of targets.entries()) replace(`10.0.0.1${n + 1}:3000`, `127.0.0.1:${target}`)
  replace('keepalive_timeout 60s', `keepalive_timeout ${idleSeconds}s`)
  replace('listen 443 ssl', `listen 127.0.0.1:${port}`)
  replace(/ssl_certificate .*;/, '')
  replace(/ssl_certificate_key .*;/, '')
  return example
}

/** @param dir an empty folder of its own */
export async function startNginx(
  [program, ...leading]: Command,
  dir: string,
  port: number,
  config: string,
): Promise<{ close(): Promise<void> }> {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${dir}/${name};`,
  )
  const whole = `daemon off; pid ${dir}/pid; error_log ${dir}/error.log warn; worker_processes 1;
    events { worker_connections 1024; }
    http { access_log off; ${folders.join(' ')}\n${config} }`
  const file = join(dir, 'nginx.conf')
  await writeFile(file, whole)
  const args = [...leading, '-p', dir, '-e', join(dir, 'error.log'), '-c', file]
  const checked = spawnSync(program, [...args, '-t'], { encoding: 'utf8' })
  if (checked.status !== 0) throw new Error(`nginx refuses the example:\n${checked.stderr}`)

  const child = spawn(program, args, { stdio: 'ignore' })
  const exited = once(child, 'exit')
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`nginx ended:\n${await readFile(join(dir, 'error.log'), 'utf8')}`)
    await pause(20)
  }
  return {
    async close() {
      child.kill('SIGTERM')
      await exited
    },
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const isOpen = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return isOpen
}
