import { type Audit, attemptAt } from '@rollcall/auth'
import type { Session } from '@rollcall/session-store'
import type { Context } from 'hono'
import type { Auth } from '../accounts/auth.js'
import { auditResult } from '../errors.js'
import type { HttpEnv } from './http.js'

interface Dependencies {
  readonly auth: Pick<Auth, 'hashEmail'>
  readonly audit: Audit
}

/** An attempt that was refused, as far as it is known. */
interface Refused {
  readonly path: string
  /** The session that it came with, and that it was meant for. */
  readonly session: Session | null
  /** The account that it was for; empty for none. */
  readonly email?: string
}

/**
 * Writes the audit line of a request that did not reach better-auth, whose own audit covers the others. It looks nothing up: only
 * for an account that exists would that take longer.
 */
export function auditUnreached(
  c: Context<HttpEnv>,
  { path, session, email }: Refused,
  error: unknown,
  { auth, audit }: Dependencies,
): void {
  // Without reading it, nobody knows what the answer of a provider is for.
  const isAnswer = path === '/oauth2/callback/:providerId'
  const event = isAnswer ? 'sign-in' : attemptAt(path, { hasSession: session !== null })
  if (event === null) return
  const who =
    session && event !== 'sign-in'
      ? { userId: session.userId, sessionId: session.id }
      : email && { emailHash: auth.hashEmail(email) }
  audit({ event, result: auditResult(error), ipAddress: c.get('client').address, ...(who || undefined) })
}
