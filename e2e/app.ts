import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort, type PrivateRedis, startRedis } from '@rollcall/dev-redis'
import { Redis } from 'ioredis'
import { filesBelow, placesOf, startRecordingProxy, watchCommands } from './recording-proxy.js'

const programs = {
  server: fileURLToPath(new URL('../apps/api/dist/main.js', import.meta.url)),
  /** The same, with passwords that are hashed in a millisecond. */
  quickServer: fileURLToPath(new URL('server.js', import.meta.url)),
}
const rollcall = fileURLToPath(new URL('../apps/cli/dist/main.js', import.meta.url))

/** Offset of the time of the last proof in a session record: docs/architecture.md. */
const AUTHENTICATED_AT = 57

/** The real thing, as `npm start` runs it: API and built page on one port, with a Redis and data of its own. */
export interface App {
  readonly url: string
  readonly redis: PrivateRedis
  /** The folder of mails, database and Redis. */
  readonly dataDir: string
  /** The newest mail to this address that links to this page. */
  mailTo(address: string, page: MailedPage): Mail | undefined
  /** All of them, the oldest first. */
  mailsTo(address: string, page: MailedPage): Mail[]
  /** The log of the server. */
  output(): string
  /** Makes the owner of this address an administrator, with the command. */
  addAdministrator(address: string): Promise<void>
  /** Runs the command `rollcall` beside it. */
  runCommand(...args: string[]): Promise<void>
  /** Takes that role away. */
  removeAdministrator(address: string): Promise<void>
  /** As if so many minutes had passed since anybody gave their password. */
  age(minutes: number): Promise<void>
  /**
   * Stops it, then searches everything that it has left for the tokens of its browsers. That is every answer, its whole output,
   * each command to Redis and each file.
   *
   * @throws {Error} when one is found anywhere.
   */
  stop(): Promise<void>
}

type MailedPage = 'reset-password' | 'secure-account' | 'confirm-email' | 'finish-sign-up'

interface Mail {
  readonly text: string
  readonly link: string
}

interface AppOptions {
  /** The name by which browsers call it. Default: `localhost`. The other one is no secure context. */
  readonly host?: 'localhost' | 'rollcall.test'
  /** Default: `quickServer`. */
  readonly program?: keyof typeof programs
  /** SIGN_IN_PROVIDERS. Default: none. */
  readonly providers?: readonly object[]
  /** SIGN_UP. Default: `direct`. */
  readonly signUp?: 'confirmed' | 'direct'
}

export async function startApp({
  host = 'localhost',
  program = 'quickServer',
  providers = [],
  signUp = 'direct',
}: AppOptions = {}): Promise<App> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rollcall-e2e-'))
  const redis = await startRedis({ dir: join(dataDir, 'redis'), persist: true })
  const port = await freePort()
  const [proxy, commands] = await Promise.all([startRecordingProxy(port), watchCommands(redis.url)])
  const url = `http://${host}:${proxy.port}`
  const server = spawn(process.execPath, [programs[program]], {
    env: {
      PATH: process.env['PATH'],
      NODE_ENV: 'production', // every request leaves a line
      BETTER_AUTH_SECRET: randomBytes(32).toString('base64url'),
      BASE_URL: url,
      ALLOW_INSECURE: 'http,outbox', // a trial: tests read the mails from the folder
      PORT: String(port),
      LEAVING_SECONDS: '0', // no balancer sends it anything
      DATA_DIR: dataDir,
      REDIS_URL: redis.url,
      REDIS_COMMAND_TIMEOUT_MS: '1000', // two browsers and a server share a few cores: they are no outage
      REDIS_SOCKET_TIMEOUT_MS: '2000',
      SIGN_IN_PROVIDERS: JSON.stringify(providers),
      SIGN_UP: signUp,
      TRUSTED_PROXIES: 'loopback', // so that each browser of a test can come from an address of its own
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  async function runCommand(...args: string[]): Promise<void> {
    const env = { PATH: process.env['PATH'], DATA_DIR: dataDir, REDIS_URL: redis.url }
    await promisify(execFile)(process.execPath, [rollcall, ...args], { env })
  }
  let output = ''
  server.stdout.on('data', (chunk) => (output += String(chunk)))
  server.stderr.on('data', (chunk) => (output += String(chunk)))
  await ready(`http://localhost:${proxy.port}`, server, () => output)
  return {
    url,
    redis,
    dataDir,
    mailTo: (address, page) => mailsTo(dataDir, address, page).at(-1),
    mailsTo: (address, page) => mailsTo(dataDir, address, page),
    output: () => output,
    runCommand,
    addAdministrator: (address) => runCommand('admins', 'add', address),
    removeAdministrator: (address) => runCommand('admins', 'remove', address),
    async age(minutes) {
      const client = new Redis(redis.url)
      for (const key of await client.keys('user:*:sessions')) {
        for (const [id, record] of Object.entries(await client.hgetallBuffer(key))) {
          if (id.startsWith('!')) continue
          record.writeUIntBE(record.readUIntBE(AUTHENTICATED_AT, 6) - minutes * 60_000, AUTHENTICATED_AT, 6)
          await client.hset(key, id, record)
        }
      }
      client.disconnect()
    },
    async stop() {
      const ended = once(server, 'exit')
      server.kill('SIGTERM')
      await ended
      await redis.stop()
      await proxy.close()
      commands.close()
      const left = filesBelow(dataDir)
      left.set('the output', Buffer.from(output)).set('the commands of Redis', commands.seen())
      for (const [n, answer] of proxy.answers().entries())
        left.set(`answer ${n}: ${answer.toString('utf8', 0, 60)}`, answer)
      rmSync(dataDir, { recursive: true, force: true })
      const places = placesOf(proxy.tokens, left)
      if (places.length > 0) throw new Error(`A session token was found in ${places.join(', ')}`)
    },
  }
}

function mailsTo(dataDir: string, address: string, page: MailedPage): Mail[] {
  const outbox = join(dataDir, 'outbox')
  if (!existsSync(outbox)) return []
  const texts = readdirSync(outbox)
    .filter((file) => file.endsWith('.eml'))
    .toSorted()
    .map((file) => readFileSync(join(outbox, file), 'utf8'))
  return texts
    .filter((text) => text.includes(`To: ${address}`) || text.includes(`<${address}>`))
    .map((text) => text.replaceAll('=\r\n', '').replaceAll('=3D', '=')) // quoted-printable
    .map((text) => ({ text, link: new RegExp(`http://localhost:\\d+/${page}\\?token=[\\w-]+`).exec(text)?.[0] ?? '' }))
    .filter(({ link }) => link !== '')
}

async function ready(url: string, server: ChildProcess, output: () => string): Promise<void> {
  const deadline = Date.now() + 60_000
  while (server.exitCode === null && Date.now() < deadline) {
    const answer = await fetch(`${url}/readyz`).catch(() => null)
    if (answer?.ok) return
    await pause(50)
  }
  server.kill('SIGKILL')
  throw new Error(`The application did not start:\n${output()}`)
}
