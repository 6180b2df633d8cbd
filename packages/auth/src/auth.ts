import type { Session, SessionStore } from '@rollcall/session-store'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import type { Audit } from './audit.js'
import type { Secrets } from './cookie.js'
import { type CookieSessions, cookieSessions } from './cookie-sessions.js'
import type { Database } from './database.js'
import { deviceNames, renameDevice } from './devices.js'
import { closedUnlessUsed } from './open-endpoints.js'
import { rollcall } from './plugin.js'

/**
 * The request header in which better-auth reads the client's address. Whoever serves requests must
 * overwrite it with the address that they trust, or drop it.
 */
export const CLIENT_ADDRESS_HEADER = 'x-rollcall-client-address'

export interface ResetMail {
  readonly to: string
  readonly name: string
  /** Page on which the new password is chosen; works once, for an hour. */
  readonly url: string
}

export interface NewDeviceMail {
  readonly to: string
  readonly session: Session
  /** Page for whoever did not sign in there; works once, for seven days. */
  readonly url: string
}

export interface AuthOptions {
  readonly store: SessionStore
  readonly database: Database
  /** The one origin of page and API, such as `https://example.org`. */
  readonly baseUrl: string
  /** At least 32 characters each. The first signs cookies, all of them verify. */
  readonly secrets: Secrets
  readonly sendResetPassword: (mail: ResetMail) => Promise<void>
  readonly sendNewDevice: (mail: NewDeviceMail) => Promise<void>
  readonly audit: Audit
  readonly log?: (level: 'debug' | 'info' | 'warn' | 'error', message: string) => void
}

export interface Auth extends CookieSessions {
  /** Answers everything below `/api/auth`. */
  handler(request: Request): Promise<Response>
  findUser(id: string): Promise<{ id: string; name: string; email: string } | null>
  /**
   * Gives a device a name, or takes it back with `null`. `false` for one that is unknown or another user's.
   *
   * @throws {SessionStoreUnavailableError} and what the database fails with.
   */
  renameDevice(userId: string, deviceId: string, name: string | null): Promise<boolean>
  /** What a user calls devices, by their ids. Fails with what the database fails with. */
  deviceNames(userId: string): Promise<ReadonlyMap<string, string>>
}

/** How this application configures better-auth: e-mail and password, sessions in the store, and closed unless used. */
export function authConfig(options: AuthOptions) {
  const { store, database, baseUrl, secrets, sendResetPassword, sendNewDevice, audit, log = () => undefined } = options
  const secure = baseUrl.startsWith('https://')
  const pageFor = (path: string, token: string): string => {
    const url = new URL(path, baseUrl)
    url.searchParams.set('token', token)
    return url.href
  }
  return {
    appName: 'Rollcall',
    baseURL: baseUrl,
    basePath: '/api/auth',
    // Nothing is kept encrypted with them, so their versions need not last.
    secrets: secrets.map((value, n) => ({ version: secrets.length - n, value })),
    secret: secrets[0], // else it would take what the environment holds as one more
    database: { db: database.kysely, type: database.type, transaction: true },
    emailAndPassword: {
      enabled: true,
      resetPasswordTokenExpiresIn: 60 * 60,
      sendResetPassword: ({ user, token }) => sendResetPassword({ to: user.email, name: user.name, url: pageFor('/reset-password', token) }),
    },
    plugins: [
      closedUnlessUsed(),
      rollcall({
        store,
        audit,
        onNewDevice: ({ user, session, token }) => sendNewDevice({ to: user.email, session, url: pageFor('/secure-account', token) }),
      }),
    ],
    rateLimit: { enabled: false }, // counted in Redis, for all servers, before a request gets here
    telemetry: { enabled: false },
    logger: { log: (level, message) => log(level, message) }, // its further arguments may hold rows
    onAPIError: { throw: true }, // it would print database errors as they are
    advanced: {
      disableOriginCheck: false, // it would be off where NODE_ENV is test
      useSecureCookies: false, // would put __Secure- in front of the stronger __Host-
      cookiePrefix: secure ? '__Host-rollcall' : 'rollcall',
      defaultCookieAttributes: { secure, httpOnly: true, sameSite: 'lax', path: '/' },
      ipAddress: { ipAddressHeaders: [CLIENT_ADDRESS_HEADER], ipv6Subnet: 128 },
    },
  } satisfies BetterAuthOptions
}

/** better-auth as `authConfig` configures it. Brings the database up to date. */
export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { store, database } = options
  const config = authConfig(options)
  await database.withMigrationLock(async () => (await getMigrations(config)).runMigrations())
  const auth = betterAuth(config)
  const context = await auth.$context

  return {
    handler: (request) => auth.handler(request),

    ...(await cookieSessions(auth, store)),

    async findUser(id) {
      const user = await context.internalAdapter.findUserById(id)
      return user && { id: user.id, name: user.name, email: user.email }
    },

    renameDevice: (userId, deviceId, name) => renameDevice(context.adapter, store, userId, deviceId, name),
    deviceNames: (userId) => deviceNames(context.adapter, userId),
  }
}
