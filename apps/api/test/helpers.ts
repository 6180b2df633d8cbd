import { createHash, createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { databaseOn } from '@rollcall/dev-postgres'
import { type PrivateRedis, startRedis } from '@rollcall/dev-redis'
import { createSessionChanges, createSessionStore } from '@rollcall/session-store'
import { createStreams } from '@rollcall/devices'
import { TRPCClientError } from '@trpc/client'
import { Redis } from 'ioredis'
import { expect, inject } from 'vitest'
import { type Database, openDatabase } from '../src/accounts/database/database.js'
import { createLiveViews } from '../src/administration/live-views.js'
import { createPasswords, type Passwords } from '../src/accounts/passwords/passwords.js'
import { readSettings } from '../src/settings/env.js'
import type { AppRouter } from '../src/index.js'
import { type Charge, createLimits } from '../src/limits/limits.js'
import type { Verdict } from '../src/limits/reservations.js'
import { createLog } from '../src/log.js'
import { start } from '../src/start.js'
import { createAppRouter } from '../src/trpc/router.js'
import { type Browser, browser, readStream, type TestStream } from './browser.js'

export { type Browser, PASSWORD, type TestStream } from './browser.js'

export const SECRET = 'a secret of the tests with 32 characters and more'

/** The settings for a start in production, on http and without a mail server. */
export const production = {
  NODE_ENV: 'production',
  ALLOW_INSECURE: 'http,outbox',
  BETTER_AUTH_SECRET: 'uS2kY8qVd0n1hX3wZ7rT5bLp9cJm4eGf6aQ',
}

/** Every procedure that there is, read off a router that serves nobody. */
export const procedures = proceduresOf()

function proceduresOf(): { path: string; type: string }[] {
  const redis = new Redis({ lazyConnect: true })
  const store = createSessionStore({ redis })
  const changes = createSessionChanges({ redis })
  const router = createAppRouter({
    store,
    streams: createStreams({ store, changes }),
    liveViews: createLiveViews({ changes }),
    isRecent: () => true,
  })
  return Object.entries(router._def.procedures).map(([path, procedure]) => ({
    path,
    type: (procedure as unknown as { _def: { type: string } })._def.type, // tRPC does not declare it on a record of procedures
  }))
}

interface Line {
  readonly level: string
  readonly msg: string
  readonly requestId?: string
  readonly audit?: Record<string, unknown>
  readonly mail?: Record<string, unknown>
  readonly [key: string]: unknown
}

export type TestServer = Awaited<ReturnType<typeof startServer>>

interface Options {
  readonly env?: NodeJS.ProcessEnv
  /** Shared with another server; its starter stops it. */
  readonly redis?: PrivateRedis
  readonly webRoot?: string
  /** Milliseconds between two looks at the session of an open stream. */
  readonly revalidateEvery?: number
  /** Default: hashes that take a millisecond. */
  readonly passwords?: Passwords
}

const quickPasswords = createPasswords({ N: 2 ** 10, r: 8, p: 1 })

/** Servers that share a data folder share a database, whatever the database is. */
export async function databaseOf(dataDir: string): Promise<{ DATABASE_URL?: string }> {
  const postgres = inject('postgres')
  if (postgres === undefined) return {}
  const name = `rollcall_${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`
  return { DATABASE_URL: await databaseOn(postgres, name) }
}

/** A whole server on a port of its own, with a Redis and data of its own, and a clock that can be put forward. */
export async function startServer({
  env = {},
  redis: shared,
  webRoot = '/nonexistent',
  revalidateEvery,
  passwords = quickPasswords,
}: Options = {}) {
  const redis = shared ?? (await startRedis())
  const dataDir = await mkdtemp(join(tmpdir(), 'rollcall-api-'))
  const settings = readSettings({
    PORT: '0',
    DATA_DIR: dataDir,
    BETTER_AUTH_SECRET: SECRET,
    DRAIN_SECONDS: '4',
    SIGN_UP: 'direct', // also where a test sets SMTP_URL
    ...(!env['REDIS_CLUSTER_NODES'] && { REDIS_URL: redis.url }),
    ...(await databaseOf(env['DATA_DIR'] ?? dataDir)),
    ...env,
  })
  const clock = { ahead: 0 }
  const output: string[] = []
  const databases: Database[] = []
  const running = await start({
    settings,
    passwords,
    webRoot,
    ...(revalidateEvery !== undefined && { revalidateEvery }),
    redisTimeoutMs: 1_000,
    log: createLog({ write: (line) => output.push(line) }),
    clock: () => Date.now() + clock.ahead,
    openDatabase: (options) => {
      const database = openDatabase(options)
      databases.push(database)
      return database
    },
  })
  const url = `http://127.0.0.1:${running.port}`
  const bodies: string[] = []
  const tokens = new Set<string>()

  /** Remembers what was answered, to prove at the end that no token was in it. */
  async function send(path: string, init: RequestInit = {}): Promise<Response> {
    const response = await fetch(`${url}${path}`, { redirect: 'manual', ...init })
    bodies.push(await response.clone().text())
    for (const cookie of response.headers.getSetCookie()) {
      const token = /session_token=([\w-]{40,})/.exec(cookie)?.[1]
      if (token !== undefined) tokens.add(token)
    }
    return response
  }

  /** Opens a stream as a page does; its messages are recorded like any other answer. */
  async function stream(headers: Record<string, string> = {}, path = 'devices.changes'): Promise<TestStream> {
    const response = await fetch(`${url}/trpc/${path}`, {
      headers: { accept: 'text/event-stream', ...headers },
    })
    return readStream(response, (text) => bodies.push(text))
  }

  return {
    ...running,
    url,
    stream,
    redis,
    dataDir,
    clock,
    /** Does the work with the server's clock so many milliseconds ahead. */
    async later<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
      clock.ahead += milliseconds
      try {
        return await work()
      } finally {
        clock.ahead -= milliseconds
      }
    },
    send,
    lines: () => output.map((line) => JSON.parse(line) as Line),
    /** For tests of memory: the lines so far are let go. */
    forgetLines: () => void output.splice(0),
    audits: () =>
      output.flatMap((line) => {
        const { audit } = JSON.parse(line) as Line
        return audit === undefined ? [] : [audit]
      }),
    database: () => databases.at(-1) as Database,
    browser: (headers: Record<string, string> = {}) => browser({ send, stream }, running.baseUrl, headers),
    async [Symbol.asyncDispose]() {
      await running.close()
      if (shared === undefined) await redis.stop()
      await rm(dataDir, { recursive: true, force: true })
      for (const token of tokens) {
        const secret = token.slice(-20)
        expect(
          bodies.filter((body) => body.includes(secret)),
          'a body holds a token',
        ).toEqual([])
        expect(
          output.filter((line) => line.includes(secret)),
          'a log line holds a token',
        ).toEqual([])
      }
      expect(
        bodies.filter((body) => /\.[jt]s:\d+/.test(body)),
        'a body holds a stack',
      ).toEqual([])
    },
  }
}

let people = 0

/** An address that nobody else in this file has. */
export function newEmail(): string {
  people += 1
  return `ada-${people}@example.org`
}

/** A browser that someone new has signed up in. */
export async function signUpDevice(
  server: TestServer,
  headers?: Record<string, string>,
): Promise<Browser & { email: string }> {
  const device = server.browser(headers)
  const email = newEmail()
  await device.signUp(email).catch((error: unknown) => {
    throw new Error(JSON.stringify(server.lines()), { cause: error }) // why a server that has just started refuses
  })
  return { ...device, email }
}

/** The cookie that better-auth would write for a token. */
export function signed(token: string, secret = SECRET): string {
  return encodeURIComponent(`${token}.${createHmac('sha256', secret).update(token).digest('base64')}`)
}

export function tokenOf(device: Pick<Browser, 'jar'>): string {
  const value = device.jar.get('rollcall.session_token')
  if (value === undefined) throw new Error('This browser has no session cookie')
  return decodeURIComponent(value).split('.')[0] ?? ''
}

export async function codeOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => 'no error',
    (reason: unknown) => reason,
  )
  if (error instanceof TRPCClientError) return String((error as TRPCClientError<AppRouter>).data?.code)
  return String(error)
}

/** A client that looks at the Redis of a server from outside. */
export async function withRedis<T>(redis: PrivateRedis, look: (admin: Redis) => Promise<T>): Promise<T> {
  const admin = new Redis(redis.url)
  try {
    return await look(admin)
  } finally {
    admin.disconnect()
  }
}

/** Counts on a limit of a server as another one on the same Redis would, without the time that passwords take. */
export const countOn = (
  redis: PrivateRedis,
  number: number,
  charge: Charge,
  verdict: Verdict = 'wrong',
): Promise<void> =>
  withRedis(redis, async (client) => {
    const limits = createLimits(client, [SECRET])
    for (let n = 0; n < number; n += 1)
      await limits.within(
        [charge],
        async () => undefined,
        () => verdict,
      )
  })

/** How often Redis ran each command for `work`, as Redis counts it. */
export async function commandsOf(redis: PrivateRedis, work: () => Promise<unknown>): Promise<Record<string, number>> {
  return withRedis(redis, async (admin) => {
    await admin.config('RESETSTAT')
    await work()
    const stats = await admin.info('commandstats')
    const counts = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(
      ([, name, calls]) => [name, Number(calls)] as const,
    )
    return Object.fromEntries(counts.filter(([name]) => name !== 'config|resetstat' && name !== 'info'))
  })
}

/** The same without SET: every five seconds, a server asks whether a sweep is due. */
export async function requestCommandsOf(
  redis: PrivateRedis,
  work: () => Promise<unknown>,
): Promise<Record<string, number>> {
  const commands = Object.entries(await commandsOf(redis, work))
  return Object.fromEntries(commands.filter(([name]) => name !== 'set'))
}
