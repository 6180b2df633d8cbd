import { cookieSessions, rollcall, type RollcallOptions, type Secrets } from '@rollcall/auth'
import {
  answer,
  type Authenticator,
  browser as browserOf,
  secret,
  startAppWith,
  startServerOn,
} from '@rollcall/dev-auth'
import { postgresBinaries, startPostgres } from '@rollcall/dev-postgres'
import type { Session } from '@rollcall/session-store'
import type { BetterAuthOptions } from 'better-auth'
import type { AccountMails } from '../../src/accounts/prepared-mails.js'
import { type Auth, CLIENT_ADDRESS_HEADER, createAuth } from '../../src/accounts/auth.js'
import type { MailLink } from '../../src/accounts/people/reader.js'
import { openDatabase } from '../../src/accounts/database/database.js'
import { createPasswords, type Passwords } from '../../src/accounts/passwords/passwords.js'
import type { ScryptCost } from '../../src/accounts/passwords/scrypt.js'

export { type Answer, answer, anyToken, type Browser, hold, password, secret, sessionRows } from '@rollcall/dev-auth'

const prepareNothing = async () => ({ release: async () => undefined })

/** For tests without mails about changes of an account. */
export const noAccountMails: AccountMails = {
  prepareAccountDeleted: prepareNothing,
  preparePasswordRequired: prepareNothing,
  prepareEmailChange: prepareNothing,
  prepareEmailChanged: prepareNothing,
  requestPasswordChoice: async () => undefined,
  requestProofCode: async () => undefined,
}

const send = async () => undefined

/** For tests in which no mail is sent. */
export const quietAuth = {
  baseUrl: 'http://localhost:3000',
  secrets: [secret],
  requestReset: send,
  notifyNewDevice: send,
  accountMails: noAccountMails,
  audit: () => undefined,
} satisfies Partial<Parameters<typeof createAuth>[0]>

/** A store on a Redis of its own, a database of its own, and an HTTP server that answers nothing yet. */
export const startServer = (databaseUrl?: string) =>
  startServerOn((dataDir) => openDatabase({ url: databaseUrl, dataDir }))

/** A browser whose address reaches better-auth as the server sends it. */
export const browser = (origin: string, baseUrl: string, auth: Authenticator, userAgent?: string) =>
  browserOf(origin, baseUrl, auth, userAgent, { [CLIENT_ADDRESS_HEADER]: '192.0.2.1' })

/** Our own configuration of better-auth behind real HTTP. */
export async function startAuth(
  options: { databaseUrl?: string | undefined; baseUrl?: string; secrets?: Secrets; passwords?: Passwords } = {},
) {
  const base = await startServer(options.databaseUrl)
  const { store, database, audit, http, origin } = base
  const baseUrl = options.baseUrl ?? origin
  const mails: MailLink[] = []
  const newDevices: (MailLink & { session: Session })[] = []
  const sendReset = async (email: string): Promise<void> => {
    const link = await auth.createResetLink(email)
    if (link !== null) mails.push(link)
  }
  const auth: Auth = await createAuth({
    store,
    database,
    baseUrl,
    secrets: options.secrets ?? [secret],
    audit,
    accountMails: {
      ...noAccountMails,
      requestPasswordChoice: async (userId) => {
        const reader = await auth.findReader(userId)
        await sendReset(reader?.to ?? '')
      },
    },
    passwords: options.passwords ?? createPasswords(quickCost),
    // A queue that is always empty: each mail is sent at once.
    requestReset: sendReset,
    notifyNewDevice: async (session, deviceId) => {
      const link = await auth.createNewDeviceLink(session.userId, deviceId)
      if (link === null) return
      newDevices.push({ ...link, session })
      await auth.recordNotified(deviceId)
    },
  })
  answer(http, auth.handler)
  return {
    ...base,
    auth,
    mails,
    newDevices,
    browser: (userAgent?: string) => browser(origin, baseUrl, auth, userAgent),
  }
}

let people = 0
export function newEmail(): string {
  people += 1
  return `countess-${people}@analytical.example`
}

/** Somebody new, signed in on a laptop. */
export async function signUpPerson(t: Pick<Awaited<ReturnType<typeof startAuth>>, 'browser'>) {
  const email = newEmail()
  const laptop = t.browser('laptop')
  const { status, text } = await laptop.signUp(email, { name: 'Ada Lovelace' })
  const session = await laptop.session()
  if (status !== 200 || session === null) throw new Error(`The sign-up did not sign in: ${text}`)
  return { email, laptop, userId: session.userId }
}

/** For tests that are not about hashes: they take a millisecond. */
export const quickCost: ScryptCost = { N: 2 ** 10, r: 8, p: 1 }

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
export const startApp = (options: BetterAuthOptions, plugin: Pick<RollcallOptions, 'onNewDevice'> = {}) =>
  startAppWith({ rollcall, cookieSessions }, options, plugin)
