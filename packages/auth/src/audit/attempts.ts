import type { AuditEventName } from './audit.js'
import { takesCode } from '../request/sign-in-method.js'

/** Endpoints of better-auth and its plugins, and others that an application may have. */
const attempts: ReadonlyMap<string, AuditEventName> = new Map([
  ['/sign-out', 'sign-out'],
  ['/change-password', 'password-change'],
  ['/set-password', 'password-set'],
  ['/password/remove', 'password-removed'],
  ['/reset-password', 'password-reset'],
  ['/reauthenticate', 'reauthentication'],
  ['/reauthenticate/code', 'reauthentication'],
  ['/secure-account', 'account-secured'],
  ['/confirm-email-change', 'email-change'],
  ['/passkey/verify-authentication', 'sign-in'],
  ['/passkey/generate-register-options', 'passkey-added'],
  ['/passkey/verify-registration', 'passkey-added'],
  ['/passkey/delete-passkey', 'passkey-removed'],
  ['/passkey/remove', 'passkey-removed'],
  ['/provider/link', 'account-linked'],
  ['/provider/unlink', 'account-unlinked'],
  ['/unlink-account', 'account-unlinked'],
  ['/revoke-session', 'revoke'],
  ['/revoke-sessions', 'revoke-all'],
  ['/revoke-other-sessions', 'revoke-others'],
  // They take the password of the session's person as a proof of their own.
  ['/two-factor/enable', 'reauthentication'],
  ['/two-factor/disable', 'reauthentication'],
  ['/two-factor/generate-backup-codes', 'reauthentication'],
])

/** The session that a request came with, as far as it is known. */
export interface Attempting {
  readonly hasSession: boolean
  /** Whether its person has a second factor. Default: true. */
  readonly hasSecondFactor?: boolean
}

/** The event of the audit that a request to this path is an attempt at. `null` for one whose refusal is no event. */
export function attemptAt(path: string, { hasSession, hasSecondFactor = true }: Attempting): AuditEventName | null {
  if (path.startsWith('/sign-in/')) return 'sign-in'
  // With a session, a code is not the end of a sign-in: it turns the second factor on, or is a proof.
  if (takesCode({ path })) return hasSession ? (hasSecondFactor ? 'reauthentication' : 'second-factor-on') : 'sign-in'
  return attempts.get(path) ?? null
}
