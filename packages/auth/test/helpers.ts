import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresBinaries, startPostgres } from '@rollcall/dev-postgres'
import { startRedis } from '@rollcall/dev-redis'
import { connectRedis, createSessionStore, redisOptions, type Session, type SessionStore } from '@rollcall/session-store'
import { toNodeHandler } from 'better-auth/node'
import { Redis } from 'ioredis'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { tokenFromCookie } from '../src/cookie.js'
import { type AuditEvent, type Auth, CLIENT_ADDRESS_HEADER, createAuth, createPasswords, type Database, type MailLink, openDatabase, type Passwords, rollcall, type RollcallOptions, type ScryptCost, type Secrets } from '../src/index.js'

export const password = 'correct horse battery'

export const secret = 'a secret for tests, of some length'

/** A store on a Redis of its own, a database of its own, and an HTTP server that answers nothing yet. */
export async function startServer(databaseUrl?: string) {
  const dataDir = mkdtempSync(join(tmpdir(), 'rollcall-auth-'))
  const server = await startRedis()
  const redis = new Redis(server.url, { ...redisOptions, lazyConnect: true })
  redis.on('error', () => undefined) // every failed command rejects by itself
  await connectRedis(redis)
  const clock = { offset: 0 }
  const store = createSessionStore({ redis, clock: () => Date.now() + clock.offset })
  const database = openDatabase({ url: databaseUrl, dataDir })
  const events: AuditEvent[] = []
  const http = createServer()
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  return {
    server,
    redis,
    clock,
    store,
    database,
    events,
    audit: (event: AuditEvent) => void events.push(event),
    http,
    origin: `http://127.0.0.1:${portOf(http.address())}`,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      http.close()
      await database.close()
      redis.disconnect()
      await server.stop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** Our own configuration of better-auth behind real HTTP. */
export async function startAuth(options: { databaseUrl?: string | undefined; baseUrl?: string; secrets?: Secrets; passwords?: Passwords } = {}) {
  const base = await startServer(options.databaseUrl)
  const { store, database, audit, http, origin } = base
  const baseUrl = options.baseUrl ?? origin
  const mails: MailLink[] = []
  const newDevices: (MailLink & { session: Session })[] = []
  const auth = await createAuth({
    store,
    database,
    baseUrl,
    secrets: options.secrets ?? [secret],
    audit,
    passwords: options.passwords ?? createPasswords(quickCost),
    // A queue that is always empty: each mail is sent at once.
    requestReset: async (email) => {
      const link = await auth.createResetLink(email)
      if (link !== null) mails.push(link)
    },
    notifyNewDevice: async (session, deviceId) => {
      const link = await auth.createNewDeviceLink(session.userId, deviceId)
      if (link === null) return
      newDevices.push({ ...link, session })
      await auth.recordNotified(deviceId)
    },
  })
  answer(http, auth.handler)
  return { ...base, auth, mails, newDevices, browser: (userAgent?: string) => browser(origin, baseUrl, auth, userAgent) }
}

/** For tests that are not about hashes: they take a millisecond. */
export const quickCost: ScryptCost = { N: 2 ** 10, r: 8, p: 1 }

/** A password hash that takes no time, for tests that sign in by the hundred. */
const quickHash = {
  hash: async (plain: string) => createHash('sha256').update(plain).digest('hex'),
  verify: async ({ hash, password: plain }: { hash: string; password: string }) => hash === (await quickHash.hash(plain)),
}

/** The databases that this machine has. */
export const databases = postgresBinaries === null ? (['sqlite'] as const) : (['sqlite', 'postgres'] as const)

/** `startAuth` on one of them; a PostgreSQL is its own. */
export async function startAuthOn(kind: 'sqlite' | 'postgres') {
  const postgres = kind === 'postgres' ? await startPostgres() : undefined
  const t = await startAuth({ databaseUrl: postgres?.url })
  return {
    ...t,
    async [Symbol.asyncDispose]() {
      await t[Symbol.asyncDispose]()
      await postgres?.[Symbol.asyncDispose]()
    },
  }
}

/** Somebody else's better-auth application that uses the plugin. */
export async function startApp(options: BetterAuthOptions, plugin: Pick<RollcallOptions, 'onNewDevice'> = {}) {
  const base = await startServer()
  const { store, database, audit, http, origin } = base
  const resets: string[] = []
  const config: BetterAuthOptions = {
    baseURL: origin,
    secret,
    database: { db: database.kysely, type: database.type, transaction: true },
    logger: { disabled: true }, // it warns of every refused sign-in
    ...options,
    emailAndPassword: { enabled: true, password: quickHash, sendResetPassword: async ({ user }) => void resets.push(user.email), ...options.emailAndPassword },
    plugins: [...(options.plugins ?? []), rollcall({ store, audit, ...plugin })],
  }
  await (await getMigrations(config)).runMigrations()
  const auth = betterAuth(config)
  const { adapter, authCookies } = await auth.$context
  answer(http, auth)
  const cookieToken = (headers: Headers) => tokenFromCookie(headers, authCookies.sessionToken.name, [secret])
  const authenticate: Auth['authenticate'] = async (headers) => {
    const token = cookieToken(headers)
    const session = token === null ? null : await store.validate(token)
    return token === null || session === null ? null : { token, session }
  }
  const newBrowser = (userAgent?: string) => browser(origin, origin, { authenticate }, userAgent)
  return {
    ...base,
    auth,
    adapter,
    /** Who was sent a mail to choose a new password. */
    resets,
    browser: newBrowser,
    /** Somebody new, signed in on one browser, and on as many others as are asked for. */
    async person(name: string, others = 0) {
      const email = `${name}@example.org`
      const mine = newBrowser()
      const answer = await mine.signUp(email)
      const session = await mine.session()
      if (session === null) throw new Error(`The sign-up of ${name} did not sign in: ${answer.text}`)
      const phones = Array.from({ length: others }, () => newBrowser())
      for (const phone of phones) await phone.signIn(email)
      return { email, userId: session.userId, browser: mine, phones }
    },
    async promote(userId: string) {
      await adapter.update({ model: 'user', where: [{ field: 'id', value: userId }], update: { role: 'admin' } })
    },
  }
}

/** Whatever holds a session token, anywhere in it. */
export const anyToken = /[A-Za-z0-9_-]{81}/

/** A thief's copy of a browser: the same cookies, as they are now. */
export function thiefOf<B extends { jar: Map<string, string> }>(mine: B, thief: B): B {
  for (const [name, value] of mine.jar) thief.jar.set(name, value)
  return thief
}

/** Lets better-auth answer every request to the server. */
export function answer(http: Server, auth: Parameters<typeof toNodeHandler>[0]): void {
  const handler = toNodeHandler(auth)
  http.on('request', (request, response) => void handler(request, response))
}

/** Holds the first call of a method of the store until told to go on. */
export function hold(store: SessionStore, method: 'create' | 'revoke' | 'revokeOthers' | 'rotate') {
  const original = store[method]
  let open = (): void => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  let reached = (): void => undefined
  const waiting = new Promise<void>((resolve) => (reached = resolve))
  Object.assign(store, {
    [method]: async (...args: unknown[]) => {
      Object.assign(store, { [method]: original })
      reached()
      await opened
      return Reflect.apply(original, store, args)
    },
  })
  return { waiting, open }
}

export function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  return address.port
}

export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly text: string
  readonly setCookies: readonly string[]
  readonly headers: Headers
}

/** One person's browser: keeps cookies and sends them back. */
export function browser(origin: string, baseUrl: string, auth: Pick<Auth, 'authenticate'>, userAgent = 'Firefox') {
  const jar = new Map<string, string>()
  const cookie = (): string => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')

  async function request(method: string, path: string, body?: object, more: Record<string, string> = {}): Promise<Answer> {
    const response = await fetch(`${origin}/api/auth${path}`, {
      method,
      headers: {
        'user-agent': userAgent,
        origin: baseUrl,
        [CLIENT_ADDRESS_HEADER]: '192.0.2.1',
        cookie: cookie(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...more,
      },
      redirect: 'manual',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const setCookies = response.headers.getSetCookie()
    for (const line of setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /max-age=0/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    const text = await response.text()
    return { status: response.status, text, body: text === '' ? null : JSON.parse(text), setCookies, headers: response.headers }
  }

  return {
    jar,
    get: (path: string, headers?: Record<string, string>) => request('GET', path, undefined, headers),
    post: (path: string, body: object = {}, headers?: Record<string, string>) => request('POST', path, body, headers),
    signUp: (email: string, more: object = {}) => request('POST', '/sign-up/email', { name: 'Ada', email, password, ...more }),
    signIn: (email: string, secret = password, more: object = {}) =>
      request('POST', '/sign-in/email', { email, password: secret, ...more }),
    /** The session that the next request of this browser comes with. */
    session: async () => (await auth.authenticate(new Headers({ cookie: cookie() })))?.session ?? null,
    token: async () => (await auth.authenticate(new Headers({ cookie: cookie() })))?.token ?? null,
  }
}

export type Browser = ReturnType<typeof browser>

/** Every byte of the session table: there must never be a row. */
export async function sessionRows(database: Database): Promise<number> {
  return (await database.kysely.selectFrom('session' as never).selectAll().execute()).length // its schema is better-auth's
}
