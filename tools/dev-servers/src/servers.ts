import { type ChildProcess, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const SECRET = 'a secret of these servers with 32 characters and more'

/** Milliseconds for a server to start on a busy machine. */
const START_DEADLINE_MS = 180_000

const program = fileURLToPath(new URL('../../../apps/api/dist/main.js', import.meta.url))

/** The built API in a process of its own. */
export interface ApiServer {
  /** Its address. */
  readonly url: string
  /** The Origin that its own page would send. */
  readonly origin: string
  /** Its standard output so far, which is its log. */
  output(): string
  /** Resident memory of the process, in bytes; on Linux. */
  memory(): number
  /** SIGSTOP, and SIGCONT so many milliseconds later. */
  pause(milliseconds: number): Promise<void>
  /** kill -9; resolves when it is dead. */
  kill(): Promise<void>
  /** Asks it to stop, by SIGTERM if nothing else is said; resolves with its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** The environment of a server whose clock is ahead by that many milliseconds. */
export function clockAhead(milliseconds: number): NodeJS.ProcessEnv {
  const preloaded = new URL(`../shifted-clock.mjs?offset=${milliseconds}`, import.meta.url)
  return { NODE_OPTIONS: `--import ${preloaded.href}` }
}

/** @throws {Error} with what it printed, when it does not start. */
export async function startApi(
  dataDir: string,
  redis: string,
  nearCacheLeaseMs?: number,
  env: NodeJS.ProcessEnv = {},
): Promise<ApiServer> {
  const child = spawn(process.execPath, [program], {
    env: {
      PORT: '0',
      DATA_DIR: dataDir,
      REDIS_URL: redis,
      BETTER_AUTH_SECRET: SECRET,
      TRUSTED_PROXIES: 'loopback', // so that each call can come from an address of its own
      NEAR_CACHE_LEASE_MS: String(nearCacheLeaseMs ?? ''),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  let output = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  const origin = await readOrigin(child)
  return {
    url: `http://127.0.0.1:${new URL(origin).port}`,
    origin,
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024,
    output: () => output,
    async pause(milliseconds) {
      child.kill('SIGSTOP')
      await sleep(milliseconds)
      child.kill('SIGCONT')
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      await exited
      return child.exitCode
    },
  }
}

async function readOrigin(child: ChildProcess & Record<'stdout' | 'stderr', NodeJS.ReadableStream>): Promise<string> {
  let output = ''
  let late: NodeJS.Timeout | undefined
  const origin = new Promise<string>((resolve, reject) => {
    const fail = (how: string): void => reject(new Error(`The API ${how}. It said:\n${output}`))
    child.stderr.on('data', (chunk) => (output += String(chunk)))
    child.stdout.on('data', (chunk) => {
      output += String(chunk)
      const said = /listening on (http:\S+)/.exec(output)?.[1]
      if (said !== undefined) resolve(said)
    })
    child.once('close', (code, signal) => fail(`ended with ${signal ?? code} before it listened`))
    late = setTimeout(() => {
      fail(`did not listen within ${START_DEADLINE_MS} ms`)
      child.kill('SIGKILL')
    }, START_DEADLINE_MS)
  })
  return await origin.finally(() => clearTimeout(late))
}

/** As better-auth writes it into the cookie. */
export function signed(token: string): string {
  return encodeURIComponent(`${token}.${createHmac('sha256', SECRET).update(token).digest('base64')}`)
}
