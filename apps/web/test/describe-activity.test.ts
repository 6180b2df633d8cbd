import { expect, test } from 'vitest'
import { describeActivity } from '../src/features/activity/describe-activity.js'
import { createI18n } from '../src/i18n/i18n.js'
import { chrome, safari } from './named-devices.js'

test.each([
  ['signed-in', null, 'Safari on iOS signed in'],
  ['signed-in-first', null, 'Safari on iOS signed in for the first time'],
  ['signed-out', null, 'Safari on iOS signed out'],
  ['revoked', chrome, 'Safari on iOS was signed out by Chrome on Windows'],
  ['revoked', { ...chrome, isCurrent: true }, 'Safari on iOS was signed out by Chrome on Windows (this device)'],
  ['revoked', null, 'Safari on iOS was signed out'],
  ['credentials-changed', null, 'Safari on iOS was signed out because the password or the account was changed'],
  ['expired', null, 'Safari on iOS was signed out because its session expired'],
  ['capped', chrome, 'Safari on iOS was signed out to make room for Chrome on Windows'],
  ['password-changed', null, 'The password was changed on Safari on iOS'],
  ['secured', null, 'Safari on iOS reported a sign-in, and the password stopped working'],
  ['password-reset', null, 'The password was reset on Safari on iOS'],
  ['password-set', null, 'A first password was set on Safari on iOS'],
  ['password-removed', null, 'The password was removed on Safari on iOS'],
  ['passkey-added', null, 'A passkey was added on Safari on iOS'],
  ['passkey-removed', null, 'A passkey was removed on Safari on iOS'],
  ['passkey-renamed', null, 'A passkey was renamed on Safari on iOS'],
  ['name-changed', null, 'The name of the account was changed on Safari on iOS'],
  ['provider-linked', null, 'A sign-in account was linked on Safari on iOS'],
  ['provider-unlinked', null, 'A sign-in account was unlinked on Safari on iOS'],
  ['second-factor-on', null, 'On Safari on iOS, two-factor authentication was turned on'],
  ['second-factor-off', null, 'On Safari on iOS, two-factor authentication was turned off'],
  ['backup-codes-renewed', null, 'New backup codes were created on Safari on iOS'],
  ['email-changed', null, 'The email address was changed on Safari on iOS'],
  ['refused', null, 'Safari on iOS tried to sign out another device and was refused'],
] as const)('%s by %j: %s', (type, by, words) => {
  expect(describeActivity(createI18n('en'), { type, device: safari, by, newName: null })).toBe(words)
})

test.each([
  ['signed-in', { kind: 'password' }, 'Safari on iOS signed in with a password'],
  ['signed-in', { kind: 'two-factor' }, 'Safari on iOS signed in with a password and a code'],
  ['signed-in-first', { kind: 'passkey' }, 'Safari on iOS signed in for the first time, with a passkey'],
  ['signed-in', { kind: 'provider', provider: 'acme' }, 'Safari on iOS signed in with Acme'],
  ['signed-in', { kind: 'provider', provider: 'gone' }, 'Safari on iOS signed in with gone'],
  ['signed-in', { kind: 'email-link' }, 'Safari on iOS signed in with an email link'],
  ['signed-in', null, 'Safari on iOS signed in'],
] as const)('%s by %j: %s', (type, signInMethod, words) => {
  const nameOf = (provider: string) => (provider === 'acme' ? 'Acme' : provider)
  const entry = { type, device: safari, by: null, newName: null, signInMethod }
  expect(describeActivity(createI18n('en'), entry, nameOf)).toBe(words)
})

test.each([
  ['by-operator', undefined, 'Safari on iOS was signed out by the operator'],
  ['by-operator', 'Stolen', 'Safari on iOS was signed out by the operator. Reason: Stolen'],
  ['banned', undefined, 'The account was blocked by the operator'],
  ['unbanned', undefined, 'The block of the account was lifted by the operator'],
  ['administrator-added', undefined, 'The operator made this account an administrator'],
  ['administrator-removed', undefined, 'The operator took the role of administrator away from this account'],
  ['password-required', undefined, 'The operator required a new password'],
  ['all-by-operator', undefined, 'All devices were signed out by the operator'],
  ['all-by-operator', 'Stolen', 'All devices were signed out by the operator. Reason: Stolen'],
] as const)('%s with the reason %j: %s', (type, reason, words) => {
  const entry = { type, device: safari, by: null, newName: null, ...(reason && { reason }) }
  expect(describeActivity(createI18n('en'), entry).replaceAll(/[\u2066-\u2069]/g, '')).toBe(words)
})

test.each([
  [null, 'Work', null, 'Safari on iOS was renamed to “Work”', 'Safari auf iOS wurde umbenannt in „Work“'],
  [
    'Home',
    'Work',
    chrome,
    'Home was renamed to “Work” by Chrome on Windows',
    'Home wurde umbenannt in „Work“ von Chrome auf Windows',
  ],
  ['Home', null, null, 'The name of Home was removed', 'Der Name von Home wurde entfernt'],
  [
    'Home',
    null,
    chrome,
    'The name of Home was removed by Chrome on Windows',
    'Der Name von Home wurde entfernt von Chrome auf Windows',
  ],
] as const)('a rename from %j to %j, by %j, in both languages', (name, newName, by, english, german) => {
  const entry = { type: 'renamed', device: { ...safari, name }, by, newName } as const
  expect(describeActivity(createI18n('en'), entry)).toBe(english)
  expect(describeActivity(createI18n('de'), entry)).toBe(german)
})

test.each([
  ['en', 'sign-in-refused', 1, 'Safari on iOS tried to sign in with a wrong password'],
  [
    'en',
    'sign-in-refused',
    25,
    '25 sign-in attempts with a wrong password in one day, most recently from Safari on iOS',
  ],
  ['en', 'proof-refused', 1, 'Safari on iOS entered a wrong password to confirm an action'],
  ['en', 'proof-refused', 5, '5 wrong passwords to confirm an action in one day, most recently from Safari on iOS'],
  ['de', 'sign-in-refused', 1, 'Safari auf iOS wollte sich mit einem falschen Passwort anmelden'],
  [
    'de',
    'proof-refused',
    5,
    '5 falsche Passwörter beim Bestätigen einer Aktion innerhalb eines Tages, zuletzt von Safari auf iOS',
  ],
] as const)('in %s: %s, %d times: %s', (language, type, attempts, words) => {
  expect(describeActivity(createI18n(language), { type, attempts, device: safari, by: null, newName: null })).toBe(
    words,
  )
})
