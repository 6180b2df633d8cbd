import {
  type Audit,
  type CookieSessions,
  cookieSessions,
  deleteExpiredDevices,
  deleteOlder,
  emailHashOf,
  knownDeviceOf,
  type OnChange,
  type OnWrongPassword,
  recordNotified,
  rollcallPlugin,
  type Secrets,
} from '@rollcall/auth'
import type { Session, SessionStore } from '@rollcall/session-store'
import type { AuthContext } from '@better-auth/core'
import { betterAuth, type BetterAuthOptions } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import type { AccountMails } from './prepared-mails.js'
import { accountLinks, type MailLinks } from './people/account-links.js'
import { administratorPlugin, type Administrators, administrators } from './people/administrators.js'
import type { Database } from './database/database.js'
import { type EmailChanges, emailChangesOf } from './email-change/email-changes.js'
import { emailChanges } from './email-change/plugin.js'
import { createExpiryIndexes, createOwnerIndex, migrate, sharedAccounts } from './database/migrations.js'
import { closeUnusedEndpoints } from './open-endpoints.js'
import { lastUse, recordUses } from './last-use.js'
import { type MailedCodes, mailedCodesOf } from './mailed-codes/codes.js'
import { mailedCodes } from './mailed-codes/plugin.js'
import { type Passkeys, passkeysOf } from './passkeys/passkeys.js'
import { passkeyPlugin, passkeyRules } from './passkeys/plugin.js'
import { providerPlugin } from './providers/plugin.js'
import { canProve, type Providers, providersOf } from './providers/providers.js'
import type { ProviderSettings } from '../settings/providers.js'
import { MIN_PASSWORD_LENGTH } from './passwords/length.js'
import { createPasswords, type Passwords } from './passwords/passwords.js'
import { passwordRules } from './passwords/plugin.js'
import { type Reader, readerFields, readerOf } from './people/reader.js'
import { createRequiredResets, type RequiredResets, resetFields } from './passwords/required-resets.js'
import { renameDevice, renamePasskey, renamePerson } from './people/renames.js'
import { createSearchIndex, foldOldNames, searchFields, searchHooks } from './people/search-names.js'
import { resetRequests } from './reset-requests.js'
import { waitingForCodeReader } from './second-factor/waiting-for-code.js'
import { renewSecondFactors } from './second-factor/encrypt-anew.js'
import { secondFactor } from './second-factor/plugin.js'
import { secretVersion } from './second-factor/secret-version.js'
import { type RequestSignUp, signUps } from './sign-up/plugin.js'
import { type SignUps, signUpsOf } from './sign-up/sign-ups.js'
import { type OwnData, ownData } from './own-data.js'
import { findPassword, type Password } from './ways-in.js'

/** The prefix of better-auth's endpoints. */
export const AUTH_PATH = '/api/auth'

/**
 * The request header in which better-auth reads the client's IP address. The server must overwrite it with an address that it
 * trusts, or drop it.
 */
export const CLIENT_ADDRESS_HEADER = 'x-rollcall-client-address'

export interface AuthOptions {
  readonly store: SessionStore
  readonly database: Database
  /** The one origin of page and API, such as `https://example.org`. */
  readonly baseUrl: string
  /** At least 32 characters each. The first signs cookies, all of them verify. */
  readonly secrets: Secrets
  /**
   * Called for every email address that somebody asks a reset for, whether or not it has an account. It resolves once the
   * request is safe; a mail follows with `createResetLink`.
   */
  readonly requestReset: (email: string) => Promise<void>
  /** It resolves once the notification is safe; a mail follows with `createNewDeviceLink`, and then `recordNotified`. */
  readonly notifyNewDevice: (session: Session, deviceId: string) => Promise<void>
  readonly accountMails: AccountMails
  /** If given, an email address is confirmed before its account exists. Default: a sign-up signs in at once. */
  readonly requestSignUp?: RequestSignUp
  readonly audit: Audit
  /** Called in the transaction of each change of a way in. It writes nowhere else. Default: nothing. */
  readonly onChange?: OnChange
  /** Called for every wrong password of an account that exists. */
  readonly onWrongPassword?: OnWrongPassword
  /** That people can sign in with. Default: none. */
  readonly providers?: readonly ProviderSettings[]
  /** Default: `createPasswords()`. Tests that sign in by the hundred take a lower cost. */
  readonly passwords?: Passwords
  readonly log?: (level: 'debug' | 'info' | 'warn' | 'error', message: string) => void
}

export interface Auth
  extends CookieSessions, MailLinks, OwnData, Administrators, EmailChanges, RequiredResets, SignUps, MailedCodes {
  /** Answers everything below `/api/auth`. */
  handler(request: Request): Promise<Response>
  /** For a mail about a password. `null` for a user who is gone, or has none: an operator may have taken it away. */
  findPasswordOwner(userId: string): Promise<Reader | null>
  /** The user whose sign-in waits for a code in this browser; `null` for none. */
  findWaitingForCode(headers: Headers): Promise<string | null>
  /** Sets the language of the mails to this user, as two letters, and the time zone in them unless it is not known. */
  setLanguage(userId: string, language: string, timeZone: string | undefined): Promise<void>
  /**
   * The id of the request's browser as a device of the account with this email address. `null` if it has not signed in since the
   * password changed.
   *
   * @throws what the database fails with.
   */
  knownDevice(headers: Headers, email: string): Promise<string | null>
  /** The user of this device has been sent a mail about it. */
  recordNotified(deviceId: string): Promise<void>
  /** Encrypts second factors with the first secret. For a server: a command may know other secrets. */
  renewSecondFactors(): Promise<void>
  /** Prepares names from an earlier version for the search. Ends early if the signal aborts. */
  foldOldNames(signal: AbortSignal): Promise<void>
  /** Deletes links that nobody followed in time, and devices that nobody has signed in from for 400 days. Ends early if the signal aborts. */
  deleteExpired(signal: AbortSignal): Promise<void>
  /**
   * Gives a device a name, or takes it back with `null`; the activity of its user shows both. `false` for one that is
   * unknown or another user's.
   *
   * @throws {SessionStoreUnavailableError} and what the database fails with.
   */
  renameDevice(by: Session, deviceId: string, name: string | null): Promise<boolean>
  /** Changes the name of the person. `false` for a user who is gone. It fails like `renameDevice`. */
  renamePerson(by: Session, name: string): Promise<boolean>
  /** `false` for a passkey that is unknown or another user's. It fails like `renameDevice`. */
  renamePasskey(by: Session, id: string, name: string): Promise<boolean>
  /** How the user can sign in. It fails with what the database fails with. */
  findPassword(userId: string): Promise<Password | null>
  readonly passkeys: Passkeys
  readonly providers: Providers
  /** Keyed hash by which the audit names an email address. */
  hashEmail(email: string): string
}

const people = {
  user: { additionalFields: { ...readerFields, ...searchFields } },
  databaseHooks: { user: searchHooks },
} satisfies BetterAuthOptions

const passwordSignIn = (passwords: Passwords, { requestPasswordChoice }: AccountMails) => ({
  enabled: true,
  minPasswordLength: MIN_PASSWORD_LENGTH,
  password: passwords,
  sendResetPassword: ({ user }: { readonly user: { readonly id: string } }) => requestPasswordChoice(user.id), // after "this wasn’t me"
})

/** How this application configures better-auth: email and password, sessions in the store, and closed unless used. */
export function authConfig(options: AuthOptions) {
  const { store, database, baseUrl, secrets, requestReset, notifyNewDevice, audit, requestSignUp } = options
  const { passwords = createPasswords(), providers = [], onChange, onWrongPassword, log = () => undefined } = options
  const secure = baseUrl.startsWith('https://')
  const providerIds = providerIdsOf(providers)
  return {
    appName: 'Rollcall',
    baseURL: baseUrl,
    basePath: AUTH_PATH,
    secrets: secrets.map((value) => ({ version: secretVersion(value), value })),
    secret: secrets[0], // else it would take what the environment holds as one more
    database: { db: database.kysely, type: database.type, transaction: true },
    emailAndPassword: passwordSignIn(passwords, options.accountMails),
    ...people,
    plugins: [
      closeUnusedEndpoints({ confirmsAddress: requestSignUp !== undefined }),
      passwordRules(passwords, providerIds),
      resetRequests(requestReset),
      mailedCodes({ store, audit, secrets, providers: provable(providers), mails: options.accountMails }),
      emailChanges(options.accountMails),
      signUps(requestSignUp),
      passkeyPlugin(baseUrl),
      passkeyRules(providerIds),
      providerPlugin({ providers, baseUrl, store, audit }),
      administratorPlugin(),
      ...secondFactor(),
      rollcallPlugin({
        store,
        audit,
        ...(onChange && { onChange }),
        ...(onWrongPassword && { onWrongPassword }),
        onUsed: recordUses(database),
        notify: async (session, deviceId) => {
          await notifyNewDevice(session, deviceId)
          return 'later'
        },
      }),
    ],
    account: {
      storeStateStrategy: 'cookie', // of questions to providers, which strangers can ask
      additionalFields: { ...resetFields, ...lastUse },
    },
    rateLimit: { enabled: false }, // counted in Redis, for all servers, before a request gets here
    telemetry: { enabled: false },
    experimental: { instrumentation: { enabled: false } }, // its spans hold messages of errors
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

function providerIdsOf(providers: readonly ProviderSettings[] = []): ReadonlySet<string> {
  return new Set(providers.map(({ id }) => id))
}

/** The ids of those that can check their user again. */
function provable(providers: readonly ProviderSettings[] = []): ReadonlySet<string> {
  return new Set(providers.filter(canProve).map(({ id }) => id))
}

/** better-auth as `authConfig` configures it. Brings the database up to date. */
export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { store, database, baseUrl } = options
  const config = authConfig(options)
  await migrate(database)
  await database.withMigrationLock(async () => {
    await (await getMigrations(config)).runMigrations()
    await createExpiryIndexes(database.kysely)
    await createSearchIndex(database.kysely)
    const shared = await createOwnerIndex(database.kysely)
    if (shared.length > 0) options.log?.('error', sharedAccounts(shared))
  })
  const auth = betterAuth(config)
  const context = await auth.$context
  const { adapter, internalAdapter } = context
  return {
    handler: auth.handler,

    ...(await cookieSessions(auth, store)),

    async findPasswordOwner(userId) {
      const user = await internalAdapter.findUserById(userId)
      const account = await internalAdapter.findCredentialAccount(userId)
      return user && account?.password ? readerOf(user) : null
    },

    findWaitingForCode: waitingForCodeReader(context, options.secrets),

    async setLanguage(userId, language, timeZone) {
      await internalAdapter.updateUser(userId, { language, ...(timeZone !== undefined && { timeZone }) })
    },

    // The casts: its type names our own options, of which nothing reads any.
    ...accountLinks(context as unknown as AuthContext, baseUrl, options.providers ?? []),
    ...emailChangesOf(context as unknown as AuthContext, options),
    ...mailedCodesOf(context as unknown as AuthContext, provable(options.providers)),
    ...signUpsOf(context, { baseUrl, confirmsAddress: options.requestSignUp !== undefined }),
    ...ownData(context as unknown as AuthContext, options),
    ...administrators(context as unknown as AuthContext, options),

    knownDevice: (headers, email) => knownDeviceOf(context, headers, email),

    recordNotified: (deviceId) => recordNotified(adapter, deviceId),

    renewSecondFactors: () =>
      renewSecondFactors(database.kysely, context.secretConfig, (line) => options.log?.('error', line)),

    async deleteExpired(signal) {
      const now = new Date()
      await deleteOlder(adapter, { model: 'verification', field: 'expiresAt', before: now }, signal)
      await deleteExpiredDevices(adapter, now, signal)
    },

    foldOldNames: (signal) => foldOldNames(database, signal),

    ...createRequiredResets(context, options),

    findPassword: (userId) => findPassword(adapter, userId),
    passkeys: passkeysOf(adapter),
    providers: providersOf(adapter, options.providers ?? []),
    renameDevice: (by, deviceId, name) => renameDevice(database, store, by, deviceId, name),
    renamePerson: (by, name) => renamePerson(database, store, by, name),
    renamePasskey: (by, id, name) => renamePasskey(database, store, by, id, name),
    hashEmail: (email) => emailHashOf(email, context.secret),
  }
}
