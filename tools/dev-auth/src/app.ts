import { createHash } from 'node:crypto'
import type { SessionStore } from '@rollcall/session-store'
import { type Auth, betterAuth, type BetterAuthOptions, type BetterAuthPlugin } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { type Authenticator, browser } from './browser.js'
import { answer, type AuditedEvent, openSqlite, secret, startServerOn } from './server.js'

/** The functions of `@rollcall/auth` that an application uses, from its source or as it is built. */
export interface Library<PluginOptions> {
  rollcall(
    options: PluginOptions & { readonly store: SessionStore; readonly audit: (event: AuditedEvent) => void },
  ): BetterAuthPlugin
  cookieSessions(
    auth: Auth,
    store: SessionStore,
  ): Promise<{
    authenticate(headers: Headers, options: { readonly touch: boolean }): ReturnType<Authenticator['authenticate']>
  }>
}

/** A password hash that takes no time, for tests that sign in by the hundred. */
const quickHash = {
  hash: async (plain: string) => createHash('sha256').update(plain).digest('hex'),
  verify: async ({ hash, password: plain }: { hash: string; password: string }) =>
    hash === (await quickHash.hash(plain)),
}

/** Somebody else's better-auth application that uses the plugin. */
export async function startAppWith<PluginOptions>(
  library: Library<PluginOptions>,
  options: BetterAuthOptions,
  pluginOptions: PluginOptions,
) {
  const base = await startServerOn(openSqlite)
  const { store, database, audit, http, origin } = base
  const resets: string[] = []
  const config: BetterAuthOptions = {
    baseURL: origin,
    secret,
    database: { db: database.kysely, type: database.type, transaction: true },
    logger: { disabled: true }, // it warns of every refused sign-in
    ...options,
    emailAndPassword: {
      enabled: true,
      password: quickHash,
      sendResetPassword: async ({ user }) => void resets.push(user.email),
      ...options.emailAndPassword,
    },
    plugins: [...(options.plugins ?? []), library.rollcall({ store, audit, ...pluginOptions })],
  }
  await (await getMigrations(config)).runMigrations()
  const auth = betterAuth(config)
  const { adapter } = await auth.$context
  answer(http, auth)
  const sessions = await library.cookieSessions(auth, store)
  const authenticate: Authenticator['authenticate'] = (headers) => sessions.authenticate(headers, { touch: false })
  const newBrowser = (userAgent?: string) => browser(origin, origin, { authenticate }, userAgent)
  return {
    ...base,
    auth,
    adapter,
    /** The users who got a mail to choose a new password. */
    resets,
    browser: newBrowser,
    /** Somebody new, signed in on one browser, and on as many others as are asked for. */
    async person(name: string, others = 0) {
      const email = `${name}@example.org`
      const mine = newBrowser()
      const answered = await mine.signUp(email)
      const session = await mine.session()
      if (session === null) throw new Error(`The sign-up of ${name} did not sign in: ${answered.text}`)
      const phones = Array.from({ length: others }, () => newBrowser())
      for (const phone of phones) await phone.signIn(email)
      return { email, userId: session.userId, browser: mine, phones }
    },
    async promote(userId: string) {
      await adapter.update({ model: 'user', where: [{ field: 'id', value: userId }], update: { role: 'admin' } })
    },
  }
}
