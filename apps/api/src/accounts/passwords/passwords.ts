import type { AuthContext } from '@better-auth/core'
import { defineRequestState, hasRequestState, tryGetCurrentAuthEndpointContext } from '@better-auth/core/context'
import { APIError } from 'better-auth/api'
import { createBoundedQueue, type Queue } from './bounded.js'
import { requireMinLength } from './length.js'
import { findPasswordFault, type PasswordFault } from './rules.js'
import { hashPassword, isOutdated, owaspCost, type ScryptCost, verifyPassword } from './scrypt.js'

/** The state of passwords within a request. */
interface PasswordState {
  /** The password that was chosen and found good, with its hash as soon as there is one. */
  chosen: { readonly password: string; readonly hash: string | null } | null
  /** Hashes that took too little work, and what takes their place: the password was right. */
  readonly renewed: Map<string, string>
}

const emptyState = (): PasswordState => ({ chosen: null, renewed: new Map() })
const state = defineRequestState(emptyState)

/** Outside of a request, every call is a request of its own. */
export async function passwordState(): Promise<PasswordState> {
  return (await hasRequestState()) ? state.get() : emptyState()
}

/** Hashes and compares passwords, two at once, whatever asks for it. Throws a 503 when too many wait. */
export interface Passwords {
  /** For better-auth's `emailAndPassword.password`. A password that no rule has seen yet passes the rules first. */
  hash(password: string): Promise<string>
  /** For the same. A right password whose hash took too little work is hashed anew in the same turn. */
  verify(input: { hash: string; password: string }): Promise<boolean>
}

/**
 * @param cost of a new hash. Default: what OWASP asks for.
 * @param inTurn runs each hash. Default: two at once, 64 that wait.
 */
export function createPasswords(cost: ScryptCost = owaspCost, inTurn: Queue = createBoundedQueue()): Passwords {
  return {
    async hash(password) {
      const { chosen } = await passwordState()
      if (chosen?.password === password && chosen.hash !== null) return chosen.hash
      if (chosen?.password !== password) await requireAcceptableToSession(password)
      return inTurn(() => hashPassword(password, cost))
    },

    async verify({ hash, password }) {
      const { renewed } = await passwordState()
      return inTurn(async () => {
        const isRight = await verifyPassword(hash, password, cost)
        if (isRight && isOutdated(hash, cost)) renewed.set(hash, await hashPassword(password, cost))
        return isRight
      })
    },
  }
}

/** @throws {APIError} 400 with the code of what is wrong with a new password. */
export async function requireAcceptable(password: string, own: readonly string[]): Promise<void> {
  requireMinLength(password)
  const fault = await findPasswordFault(password, own)
  if (fault !== null) throw passwordError(fault)
}

const messages: Readonly<Record<PasswordFault | 'PASSWORD_REUSED', string>> = {
  PASSWORD_BLANK: 'A password needs characters that can be seen',
  PASSWORD_PERSONAL: 'The password must not be your name or address, or part of it',
  PASSWORD_EASY_TO_GUESS: 'The password is easy to guess',
  PASSWORD_REUSED: 'The new password must differ from the old one',
}

export function passwordError(code: keyof typeof messages): APIError {
  return new APIError('BAD_REQUEST', { code, message: messages[code] })
}

/** Checks a password that no hook has checked. If there is a session, its person has chosen the password. */
async function requireAcceptableToSession(password: string): Promise<void> {
  const endpoint = tryGetCurrentAuthEndpointContext()
  // Even without an account, better-auth hashes the password of a sign-in, so that both take as long.
  if (endpoint?.path?.startsWith('/sign-in/')) return
  const user = endpoint?.context.session?.user
  await requireAcceptable(password, [
    ...(user ? [user.email, user.name] : []),
    ...(endpoint ? siteWords(endpoint.context) : []),
  ])
}

export function siteWords({ appName, baseURL }: Pick<AuthContext, 'appName' | 'baseURL'>): string[] {
  return [appName, new URL(baseURL).origin]
}
