import { expect, test } from 'vitest'
import { attemptAt, type AuditEventName } from '../src/index.js'

// A refusal is an event of the audit. Some of these endpoints are those of applications.

const attempts: [AuditEventName, ...string[]][] = [
  ['sign-in', '/sign-in/email', '/sign-in/anything', '/passkey/verify-authentication', '/two-factor/verify-totp'],
  ['sign-out', '/sign-out'],
  ['password-change', '/change-password'],
  ['password-set', '/set-password'],
  ['password-removed', '/password/remove'],
  ['password-reset', '/reset-password'],
  ['reauthentication', '/reauthenticate', '/reauthenticate/code'],
  ['reauthentication', '/two-factor/enable', '/two-factor/disable', '/two-factor/generate-backup-codes'],
  ['account-secured', '/secure-account'],
  ['email-change', '/confirm-email-change'],
  ['passkey-added', '/passkey/generate-register-options', '/passkey/verify-registration'],
  ['passkey-removed', '/passkey/delete-passkey', '/passkey/remove'],
  ['account-linked', '/provider/link'],
  ['account-unlinked', '/provider/unlink', '/unlink-account'],
  ['revoke', '/revoke-session'],
  ['revoke-all', '/revoke-sessions'],
  ['revoke-others', '/revoke-other-sessions'],
]

test.each(attempts)('%s', (event, ...paths) => {
  for (const path of paths) expect(attemptAt(path, { hasSession: false }), path).toBe(event)
})

test('with a session, a code is a proof, or turns the second factor on', () => {
  const path = '/two-factor/verify-totp'
  expect(attemptAt(path, { hasSession: true })).toBe('reauthentication')
  expect(attemptAt(path, { hasSession: true, hasSecondFactor: false })).toBe('second-factor-on')
})

test('nothing else is an attempt', () => {
  for (const path of ['/get-session', '/sign-in', '/api/sign-in/email', '/two-factor/send-otp'])
    expect(attemptAt(path, { hasSession: false }), path).toBeNull()
})
