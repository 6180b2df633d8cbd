import { createHash } from 'node:crypto'
import { redisStorage } from '@better-auth/redis-storage'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { expect } from 'vitest'
import { importSessions } from '../src/import/import-sessions.js'
import { cookieSessions, rollcall } from '../src/index.js'
import { answer, type Browser, browser, password, secret, startServer } from './helpers.js'

// Two applications on one database: better-auth alone, and better-auth with the plugin, to which its sessions move.

const hash = async (plain: string) => createHash('sha256').update(plain).digest('hex')
export const DAY_MS = 24 * 60 * 60 * 1_000

/** @param more Options of both applications. */
export async function startMove(more: BetterAuthOptions = {}) {
  const base = await startServer()
  const { redis, clock, database, origin } = base
  const common: BetterAuthOptions = {
    baseURL: origin,
    secret,
    database: { db: database.kysely, type: database.type, transaction: true },
    logger: { disabled: true },
    rateLimit: { enabled: false },
    emailAndPassword: {
      enabled: true,
      password: { hash, verify: async ({ hash: known, password: plain }) => known === (await hash(plain)) },
      sendResetPassword: async ({ token }) => void resets.push(token),
    },
    ...more,
  }
  const resets: string[] = []
  await (await getMigrations(common)).runMigrations()
  const old = betterAuth(common)
  const oldInRedis = betterAuth({ ...common, secondaryStorage: redisStorage({ client: redis }) })
  const options = { redis, clock: () => Date.now() + clock.offset }
  const importing = () => importSessions(base.store, options)
  const store = importing()
  const plugins = [...(common.plugins ?? []), rollcall({ store, audit: base.audit })]
  const auth = betterAuth({ ...common, plugins })
  const { adapter: oldAdapter } = await old.$context
  answer(base.http, auth)
  const sessions = await cookieSessions(auth, store)

  return {
    ...base,
    common,
    options,
    old,
    oldAdapter,
    importing,
    importer: store,
    auth,
    resets,
    browser: (userAgent?: string) => browser(origin, origin, sessions, userAgent),
    /** A browser with a cookie of better-auth alone. */
    async signInToOld(name: string, more: { rememberMe?: boolean; isNew?: boolean; inRedis?: boolean } = {}) {
      const { rememberMe = true, isNew = false, inRedis = false } = more
      const mine = this.browser(`Browser of ${name}`)
      const body = { email: `${name}@example.org`, password, rememberMe }
      const request = new Request(`${origin}/api/auth/${isNew ? 'sign-up' : 'sign-in'}/email`, {
        method: 'POST',
        headers: { origin, 'content-type': 'application/json', 'user-agent': `Browser of ${name}` },
        body: JSON.stringify(isNew ? { ...body, name } : body),
      })
      const response = await (inRedis ? oldInRedis : old).handler(request)
      expect(response.status).toBe(200)
      for (const line of response.headers.getSetCookie()) {
        const [, cookie = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
        mine.jar.set(cookie, value)
      }
      return mine
    },
    async userIdOf(name: string): Promise<string> {
      const where = [{ field: 'email', value: `${name}@example.org` }]
      const user = await oldAdapter.findOne<{ id: string }>({ model: 'user', where })
      return user?.id ?? expect.fail(`There is no ${name}`)
    },
    rowsOf: async (userId: string) =>
      oldAdapter.findMany<{ id: string; token: string; createdAt: Date; updatedAt: Date; expiresAt: Date }>({
        model: 'session',
        where: [{ field: 'userId', value: userId }],
      }),
  }
}

export const isSignedIn = async (mine: Browser): Promise<boolean> => (await mine.session()) !== null

export const cookieOf = (mine: Browser): string => mine.jar.get('better-auth.session_token') ?? ''
