import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startRedis } from '@rollcall/dev-redis'
import { createSessionStore, redisOptions } from '@rollcall/session-store'
import { toNodeHandler } from 'better-auth/node'
import { Redis } from 'ioredis'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { tokenFromCookie } from '../src/cookie.js'
import { type AuditEvent, type Auth, CLIENT_ADDRESS_HEADER, createAuth, type Database, openDatabase, type ResetMail, rollcall, type Secrets } from '../src/index.js'

export const password = 'correct horse battery'

export const secret = 'a secret for tests, of some length'

/** A store on a Redis of its own, a database of its own, and an HTTP server that answers nothing yet. */
export async function startServer(databaseUrl?: string) {
  const dataDir = mkdtempSync(join(tmpdir(), 'rollcall-auth-'))
  const server = await startRedis()
  const redis = new Redis(server.url, { ...redisOptions, lazyConnect: true })
  redis.on('error', () => undefined) // every failed command rejects by itself
  await redis.connect()
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
export async function startAuth(options: { databaseUrl?: string | undefined; baseUrl?: string; secrets?: Secrets } = {}) {
  const base = await startServer(options.databaseUrl)
  const { store, database, audit, http, origin } = base
  const baseUrl = options.baseUrl ?? origin
  const mails: ResetMail[] = []
  const sendResetPassword = async (mail: ResetMail): Promise<void> => void mails.push(mail)
  const auth = await createAuth({ store, database, baseUrl, secrets: options.secrets ?? [secret], sendResetPassword, audit })
  answer(http, auth.handler)
  return { ...base, auth, mails, browser: (userAgent?: string) => browser(origin, baseUrl, auth, userAgent) }
}

/** Somebody else's better-auth application that uses the plugin. */
export async function startApp(options: BetterAuthOptions) {
  const base = await startServer()
  const { store, database, audit, http, origin } = base
  const config: BetterAuthOptions = {
    baseURL: origin,
    secret,
    database: { db: database.kysely, type: database.type, transaction: true },
    emailAndPassword: { enabled: true },
    ...options,
    plugins: [...(options.plugins ?? []), rollcall({ store, audit })],
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
  return { ...base, auth, adapter, browser: (userAgent?: string) => browser(origin, origin, { authenticate }, userAgent) }
}

/** Lets better-auth answer every request to the server. */
export function answer(http: Server, auth: Parameters<typeof toNodeHandler>[0]): void {
  const handler = toNodeHandler(auth)
  http.on('request', (request, response) => void handler(request, response))
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
  readonly location: string | null
}

/** One person's browser: keeps cookies and sends them back. */
export function browser(origin: string, baseUrl: string, auth: Pick<Auth, 'authenticate'>, userAgent = 'Firefox') {
  const jar = new Map<string, string>()
  const cookie = (): string => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')

  async function request(method: string, path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${origin}/api/auth${path}`, {
      method,
      headers: {
        'user-agent': userAgent,
        origin: baseUrl,
        [CLIENT_ADDRESS_HEADER]: '192.0.2.1',
        cookie: cookie(),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
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
    return { status: response.status, text, body: text === '' ? null : JSON.parse(text), setCookies, location: response.headers.get('location') }
  }

  return {
    jar,
    get: (path: string) => request('GET', path),
    post: (path: string, body: object = {}) => request('POST', path, body),
    signUp: (email: string) => request('POST', '/sign-up/email', { name: 'Ada', email, password }),
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
