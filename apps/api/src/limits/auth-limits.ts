import type { Session } from '@rollcall/session-store'
import type { Client } from '../client/client.js'
import type { Purpose } from './challenges.js'
import type { Charge } from './limits.js'
import type { Verdict } from './reservations.js'

/** A request to an endpoint of better-auth. */
export interface AuthAttempt {
  readonly client: Client
  /** In one spelling; empty when the body holds none. */
  readonly email: string
  /** The session that it came with, if any. */
  session(): Promise<Session | null>
  /** The id of the browser as a device of the account, if it has signed in to it before. */
  knownDevice(): Promise<string | null>
  /** The user whose sign-in waits for a code in this browser, if any. */
  waitingForCode(): Promise<string | null>
  /** The token of a mailed link in the body; empty for none. */
  readonly linkToken: string
  /** The code of an authenticator app in the body; `null` for none. */
  readonly totpCode: string | null
}

/** The limits of an attempt beside the general one. */
export interface AttemptLimits {
  readonly charges: readonly Charge[]
  /** Until they are used up, they count in place of the others, which strangers share. It looks them up in the database. */
  own?(): Promise<readonly Charge[]>
  /** A proof of work for this passes the limits that allow for one. */
  readonly challenge?: Purpose
  /** `right`: failed guesses count. `done`: what has happened counts, such as a mail. */
  readonly success: Verdict & ('right' | 'done')
  /** It succeeds once: what these name is used up. It may look them up in the database. */
  once?(): Promise<readonly Charge[]>
  /** A password is hashed or compared, which takes turns. */
  readonly hashes?: boolean
  /** A password is hashed before the endpoint itself looks at the request: every refusal after that counts. */
  readonly hashesFirst?: boolean
  /** It revokes a session, and is not stopped by a Redis that cannot count. */
  readonly revokes?: boolean
  /** Whom the audit names when it is refused. */
  readonly session?: Session | null
  /** The account that it is for; also for the audit. */
  readonly email?: string
}

export const attemptLimits = new Map<string, (attempt: AuthAttempt) => AttemptLimits | Promise<AttemptLimits>>([
  [
    '/sign-in/email',
    ({ client, email, knownDevice }) => ({
      own: async () => {
        const deviceId = await knownDevice()
        return deviceId === null ? [] : [['sign-in:browser', deviceId]]
      },
      charges: [['sign-in:account', email], ...networks('sign-in', client)],
      challenge: 'sign-in',
      success: 'right',
      hashes: true,
      email,
    }),
  ],
  // Nobody guesses a passkey, or the answer of a provider. So wrong ones are not counted, and strangers use up no tries.
  ['/passkey/verify-authentication', unguessable],
  ['/oauth2/callback/:providerId', unguessable],
  [
    '/sign-up/email',
    ({ client, email }) => ({
      charges: networks('sign-up', client),
      challenge: 'sign-up',
      email,
      success: 'done',
      hashes: true,
      hashesFirst: true,
    }),
  ],
  [
    '/sign-up/request',
    ({ client, email }) => ({
      charges: networks('sign-up', client),
      challenge: 'sign-up',
      email,
      success: 'done',
    }),
  ],
  [
    '/sign-up/finish',
    ({ client }) => ({
      charges: [['reset-password:address', client]],
      success: 'right',
      hashes: true,
    }),
  ],
  [
    '/request-password-reset',
    ({ client, email }) => ({
      charges: [['request-reset:email', email], ...networks('request-reset', client)],
      challenge: 'request-reset',
      email,
      success: 'done',
    }),
  ],
  ['/sign-out', () => ({ charges: [], success: 'done', revokes: true })],
  [
    '/reset-password',
    ({ client }) => ({
      charges: [['reset-password:address', client]],
      success: 'right',
      hashes: true,
      hashesFirst: true,
    }),
  ],
  [
    '/secure-account',
    ({ client }) => ({
      charges: [['reset-password:address', client]],
      success: 'right',
      revokes: true,
    }),
  ],
  [
    '/secure-account/send-link',
    ({ client, linkToken }) => ({
      charges: [
        ['secured-link:token', linkToken],
        ['reset-password:address', client],
      ],
      success: 'done',
    }),
  ],
  [
    '/confirm-email-change',
    ({ client }) => ({
      charges: [['reset-password:address', client]],
      success: 'right',
      revokes: true,
    }),
  ],
  [
    '/set-password',
    async (attempt) => {
      const session = await attempt.session()
      return {
        charges: session === null ? [] : [['account:session', session.userId, session.id]],
        success: 'done',
        hashes: true,
        session,
      }
    },
  ],
  ['/change-password', proof],
  ['/reauthenticate', proof],
  ['/reauthenticate/request-code', mailedCode],
  ['/reauthenticate/code', codeInSession],
  ['/two-factor/enable', proof],
  ['/two-factor/disable', proof],
  ['/two-factor/generate-backup-codes', proof],
  ['/two-factor/verify-totp', secondFactorCode],
  ['/two-factor/verify-backup-code', secondFactorCode],
])

function unguessable(): AttemptLimits {
  return { charges: [], success: 'right' }
}

/** One customer may have all the IP addresses of a network, so each network around the client counts too. */
function networks(purpose: Purpose, client: Client): Charge[] {
  const { home, site } = client.surroundings
  const charges: Charge[] = [[`${purpose}:address`, client]]
  if (home !== null) charges.push([`${purpose}:home`, home])
  if (site !== null) charges.push([`${purpose}:site`, site])
  return charges
}

/**
 * Wrong codes count per account at sign-ins, where the password was right, and per session where there is one. A request may hold
 * both: its session may end before the code is judged, and then the code is one for the sign-in that waits.
 */
async function secondFactorCode({
  session: findSession,
  waitingForCode,
  totpCode,
}: AuthAttempt): Promise<AttemptLimits> {
  const session = await findSession()
  let found: Promise<string | null> | undefined
  const findWaiting = () => (found ??= waitingForCode())
  return {
    charges: [],
    own: async () => {
      const userId = await findWaiting()
      const charges: Charge[] = userId === null ? [] : [['code:account', userId]]
      if (session) charges.push(codeCharge(session))
      return charges
    },
    once: async () => {
      if (totpCode === null) return []
      const users = new Set([session?.userId, (await findWaiting()) ?? undefined])
      return [...users].flatMap((userId) => (userId === undefined ? [] : [['code:once', userId, totpCode] as const]))
    },
    success: 'right',
    session,
  }
}

/**
 * Counts per session alone. A thief cannot make another session without the password, nor use up the right of the owner's
 * other sessions to prove who they are.
 */
async function proof(attempt: AuthAttempt): Promise<AttemptLimits> {
  const session = await attempt.session()
  return {
    charges: session === null ? [] : [['proof:session', session.userId, session.id, session.createdAt.toISOString()]],
    success: 'right',
    hashes: true,
    session,
  }
}

/** A mail with a code counts once it is queued. */
async function mailedCode(attempt: AuthAttempt): Promise<AttemptLimits> {
  const session = await attempt.session()
  return { charges: session === null ? [] : [['mailed-code:user', session.userId]], success: 'done', session }
}

async function codeInSession(attempt: AuthAttempt): Promise<AttemptLimits> {
  const session = await attempt.session()
  return { charges: session === null ? [] : [codeCharge(session)], success: 'right', session }
}

function codeCharge({ userId, id, createdAt }: Session): Charge {
  return ['code:session', userId, id, createdAt.toISOString()]
}

/** Answers to a wrong guess: of a password, a code, a token, a passkey, or the answer of a provider. Or of an email address that is taken. */
const WRONG = new Set([
  'INVALID_EMAIL_OR_PASSWORD',
  'INVALID_PASSWORD',
  'INVALID_TOKEN',
  'AUTHENTICATION_FAILED',
  'PASSKEY_NOT_FOUND',
  'INVALID_CODE',
  'INVALID_BACKUP_CODE',
  'PROVIDER_ANSWER_INVALID',
  'USER_ALREADY_EXISTS',
  'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL',
])

/** Refusals that come before any password is hashed: of malformed input, and of a new password that breaks a rule. */
const UNHASHED = new Set([
  'BAD_REQUEST', // the body is no JSON
  'VALIDATION_ERROR',
  'PASSWORD_TOO_SHORT',
  'PASSWORD_TOO_LONG',
  'PASSWORD_BLANK',
  'PASSWORD_PERSONAL',
  'PASSWORD_EASY_TO_GUESS',
])

/** Malformed input and outages are no verdict. A refusal that has cost a hash is one, or hashes would cost nobody anything. */
export async function verdictOf(
  response: Response,
  { success, hashesFirst = false }: Pick<AttemptLimits, 'success' | 'hashesFirst'>,
): Promise<Verdict> {
  if (response.ok) return success
  if (response.status >= 500) return 'void'
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null)
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined
  if (typeof code !== 'string') return 'void'
  return WRONG.has(code) || (hashesFirst && !UNHASHED.has(code)) ? 'wrong' : 'void'
}
