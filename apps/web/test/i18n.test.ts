import { TRPCClientError } from '@trpc/client'
import { expect, test } from 'vitest'
import { AuthFailure } from '../src/api/auth.js'
import { toProblem } from '../src/api/problem.js'
import { explainFailure } from '../src/features/forms/auth-errors.js'
import { explainNewPassword } from '../src/features/forms/password-rules.js'
import { isActive, isStale } from '../src/features/devices/last-seen.js'
import { deviceName } from '../src/i18n/device-name.js'
import { createI18n } from '../src/i18n/i18n.js'
import { formatPlace } from '../src/i18n/place.js'
import { describeProblem } from '../src/i18n/problem.js'
import { shown } from './shown.js'

const english = createI18n('en')
const german = createI18n('de')

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const now = Date.parse('2026-03-01T12:00:00Z')
const ago = (ms: number) => new Date(now - ms).toISOString()

test.each([
  [59 * SECOND, 'just now'],
  [-5 * MINUTE, 'just now'],
  [2 * MINUTE, '2 minutes ago'],
  [HOUR - 1, '59 minutes ago'],
  [HOUR, '1 hour ago'],
  [DAY - 1, '23 hours ago'],
  [2 * DAY - 1, '1 day ago'],
  [59 * DAY, '59 days ago'],
  [60 * DAY, '2 months ago'],
  [800 * DAY, '2 years ago'],
])('%d ms ago is "%s"', (passed, said) => {
  expect(english.relativeTime(ago(passed), now)).toBe(said)
})

test.each([
  [0, 'Today', 'Heute'],
  [1, 'Yesterday', 'Gestern'],
  [2, 'Friday, February 27, 2026', 'Freitag, 27. Februar 2026'],
])('the day %d days ago is "%s"', (days, name, tag) => {
  expect(english.dayName(ago(days * DAY), now)).toBe(name)
  expect(german.dayName(ago(days * DAY), now)).toBe(tag)
})

test('a day ends a sentence: this one with its time, another one with its date', () => {
  const clock = /^today at \d?\d:00 [AP]M$/
  expect([english.shortTime(ago(0), now), german.shortTime(ago(0), now)]).toEqual([
    expect.stringMatching(clock),
    expect.stringMatching(/^heute um \d\d:00$/),
  ])
  expect(english.shortTime(ago(2 * DAY), now)).toBe('on Feb 27, 2026')
  expect(german.shortTime(ago(2 * DAY), now)).toBe('am 27.02.2026')
})

test('active now means seen within two minutes', () => {
  expect(isActive(ago(2 * MINUTE - 1), now)).toBe(true)
  expect(isActive(ago(2 * MINUTE), now)).toBe(false)
})

test('forgotten may be what was not seen for thirty days', () => {
  expect(isStale(ago(30 * DAY - 1), now)).toBe(false)
  expect(isStale(ago(30 * DAY), now)).toBe(true)
})

test('German has its own times, places, names and plurals', () => {
  expect(german.relativeTime(ago(2 * HOUR), now)).toBe('vor 2 Stunden')
  expect(german.exactTime(ago(0))).toMatch(/^01\.03\.2026, \d\d:\d\d:\d\d /)
  expect(formatPlace(german, { kind: 'country', code: 'DE' })).toBe('Deutschland')
  expect(deviceName(german, { browser: 'Chrome', os: 'Windows' })).toBe('Chrome auf Windows')
  const said = (count: number) => german.t('signOut.othersDone', { count })
  expect(said(1)).toBe('Alle anderen Geräte wurden abgemeldet. 1 Anmeldung ist beendet.')
})

test('one other device is not counted', () => {
  const said = [0, 1, 2].map((count) => english.t('signOut.others', { count }))
  expect(said).toEqual(['Sign out earlier sign-ins', 'Sign out the other device', 'Sign out all other devices (2)'])
  expect(german.t('signOut.others', { count: 1 })).toBe('Das andere Gerät abmelden')
})

test('a device without a known system has its browser alone for a name', () => {
  expect(deviceName(english, { browser: 'curl', os: '' })).toBe('curl')
})

test.each([
  ['Unknown browser', '', 'Unbekannter Browser'],
  ['Unknown browser', 'Smart TV', 'Unbekannter Browser auf Smart-TV'],
  ['Desktop app', 'macOS', 'Desktop-App auf macOS'],
])('what is no product has a German name: %s on "%s"', (browser, os, name) => {
  expect(deviceName(german, { browser, os })).toBe(name)
})

test('a name that runs from right to left is isolated where it is shown, and no other', () => {
  const names = ['שלי', 'حاسوبي', 'Work']
  expect(names.map((name) => deviceName(english, { browser: 'Chrome', os: '', name }))).toEqual([
    '\u2068שלי\u2069',
    '\u2068حاسوبي\u2069',
    'Work',
  ])
})

test.each([
  [{ kind: 'country', code: 'DE' }, 'Germany'],
  [{ kind: 'country', code: 'XK' }, 'Kosovo'],
  [{ kind: 'local' }, 'Local network'],
  [null, ''],
] as const)('the place %j is "%s"', (place, said) => {
  expect(formatPlace(english, place)).toBe(said)
})

test.each([
  ['a 429 with its wait', new AuthFailure(429, undefined, '42'), 'Wait 42 seconds'],
  ['a 429 without one', new AuthFailure(429, undefined, null), 'Wait a moment'],
  ['a long wait', new AuthFailure(429, undefined, '600'), 'Wait 10 minutes'],
  ['an outage', new AuthFailure(503, undefined, null), 'isn’t available right now'],
  ['no answer', new AuthFailure(undefined, undefined, null), 'Can’t reach Rollcall'],
  ['no answer from tRPC', TRPCClientError.from(new TypeError('Failed to fetch')), 'Can’t reach Rollcall'],
  [
    'a 429 that is not tRPC',
    TRPCClientError.from(new SyntaxError('not JSON'), {
      meta: { response: new Response('', { status: 429, headers: { 'Retry-After': '1' } }) },
    }),
    'Wait 1 second and',
  ],
  ['our own mistake', new Error('?'), 'Something went wrong'],
])('%s has words', (_, error, said) => {
  expect(shown('en', describeProblem(toProblem(error)))).toContain(said)
})

test.each([
  ['PASSWORD_TOO_SHORT', 'Use at least 15 characters.', 'Verwenden Sie mindestens 15 Zeichen.'],
  ['PASSWORD_TOO_LONG', 'Use at most 128 characters.', 'Verwenden Sie höchstens 128 Zeichen.'],
  [
    'PASSWORD_BLANK',
    'Use visible characters, not only spaces.',
    'Verwenden Sie sichtbare Zeichen, nicht nur Leerzeichen.',
  ],
  [
    'PASSWORD_PERSONAL',
    'Others know this about you. Don’t use your name or email address.',
    'Das wissen andere über Sie. Verwenden Sie weder Ihren Namen noch Ihre E-Mail-Adresse.',
  ],
  [
    'PASSWORD_EASY_TO_GUESS',
    'This password is easy to guess. Try a few unrelated words.',
    'Dieses Passwort ist leicht zu erraten. Versuchen Sie einige Wörter, die nicht zusammengehören.',
  ],
  [
    'PASSWORD_REUSED',
    'This is your old password. Choose a different one.',
    'Das ist Ihr altes Passwort. Wählen Sie ein anderes.',
  ],
])('%s is said at the field of the new password', (code, said, gesagt) => {
  const refused = new AuthFailure(400, code, null)
  const { fields, summary } = explainNewPassword(refused)
  expect([Object.keys(fields ?? {}), summary]).toEqual([['newPassword'], undefined])
  expect(shown('en', fields?.['newPassword'])).toBe(said)
  expect(shown('de', fields?.['newPassword'])).toBe(gesagt)
})

test('whose session has given too many wrong passwords is not asked to wait for a month', () => {
  const failure = new AuthFailure(429, 'TOO_MANY_WRONG_PASSWORDS', String(30 * 24 * 60 * 60))
  const { summary } = explainFailure(failure)
  expect(shown('en', summary)).toBe('Too many wrong passwords on this device. Sign out and sign in again to continue.')
  expect(shown('de', summary)).toBe(
    'Zu viele falsche Passwörter auf diesem Gerät. Melden Sie sich ab und wieder an, um fortzufahren.',
  )
})
