import { requestState } from '../request/request-state.js'

export type AuditEventName =
  | 'sign-in'
  | 'sign-out'
  | 'reauthentication'
  | 'password-change'
  | 'password-reset'
  /** The application took the password away, for example at the word of an operator. */
  | 'password-required'
  /** The first password of an account that had none. */
  | 'password-set'
  /** The account signs in in other ways. */
  | 'password-removed'
  /** Someone was notified of a sign-in, and said that it was not theirs. */
  | 'account-secured'
  /** Changes of how a person signs in beside the password. */
  | 'passkey-added'
  | 'passkey-removed'
  | 'account-linked'
  | 'account-unlinked'
  | 'wallet-added'
  | 'wallet-removed'
  | 'second-factor-on'
  | 'second-factor-off'
  | 'backup-codes-renewed'
  | 'email-change'
  | 'phone-number-change'
  /** A change of the email address that waits for its confirmations: begun, or withdrawn. */
  | 'email-change-requested'
  | 'email-change-cancelled'
  | 'user-deleted'
  | 'user-banned'
  /** A ban was lifted, or had run out before a sign-in. */
  | 'user-unbanned'
  /** The application gave the role of administrators, or took it away. */
  | 'administrator-added'
  | 'administrator-removed'
  | 'revoke'
  | 'revoke-many'
  | 'revoke-others'
  | 'revoke-all'
  /** A call of an administrator. */
  | 'administration'
  /** A sign-in beyond the most that a user may have revoked the sessions that were idle for longest. */
  | 'cap'

/** An event of the audit: the person, the action, the session, the IP address and the result. It never holds a token. */
export interface AuditEvent {
  readonly event: AuditEventName
  /**
   * `unavailable`: the store gave no answer, so the outcome is unknown and was reported as an outage. `superseded`: the
   * credentials changed during a sign-in with the earlier ones; nobody gave a wrong one.
   */
  readonly result: 'ok' | 'refused' | 'superseded' | 'unavailable'
  /** With `unavailable`: the change was committed before the store gave no answer, and stays. */
  readonly isCommitted?: true
  readonly userId?: string
  /** Keyed hash of the email address that was given, where the account is not known. */
  readonly emailHash?: string
  readonly sessionId?: string
  readonly ipAddress?: string
  /** A call of an administrator: its name, and the user whom it is about. */
  readonly procedure?: string
  readonly subjectId?: string
  /** How many sessions were revoked. */
  readonly ended?: number
}

export type Audit = (event: AuditEvent) => void

/** Adds where the request came from. */
export async function auditEvent(audit: Audit, event: Omit<AuditEvent, 'ipAddress'>): Promise<void> {
  const { ipAddress } = await requestState()
  audit({ ...event, ...(ipAddress !== null && { ipAddress }) })
}
