import { createMemoryHistory } from '@tanstack/react-router'
import { act, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { createApp } from '../src/app.js'
import { describeActivity } from '../src/features/activity/describe-activity.js'
import { createI18n } from '../src/i18n/i18n.js'
import { serveFakeApi } from './fake-api.js'

let api: ReturnType<typeof serveFakeApi>
/** Scrolls to whatever is being watched. */
let scroll: () => void
beforeEach(() => {
  api = serveFakeApi()
  const watched = new Set<() => void>()
  scroll = () => act(() => watched.forEach((near) => near()))
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      readonly #near: () => void
      constructor(onIntersect: (entries: { isIntersecting: boolean }[]) => void) {
        this.#near = () => onIntersect([{ isIntersecting: true }])
      }
      observe = () => void watched.add(this.#near)
      disconnect = () => void watched.delete(this.#near)
    },
  )
})

const chrome = {
  id: 'c',
  browser: 'Chrome',
  os: 'Windows',
  kind: 'desktop',
  isCurrent: false,
  name: null,
  ipAddress: '192.0.2.1',
  place: null,
} as const
const safari = { ...chrome, id: 's', browser: 'Safari', os: 'iOS', kind: 'phone' } as const

function happened(count: number) {
  api.activity = Array.from({ length: count }, (_, n) => ({
    id: String(n),
    type: 'signed-in',
    device: { ...chrome, browser: `Browser ${n}` },
    by: null,
    newName: null,
  }))
}

const open = () => render(createApp(createMemoryHistory({ initialEntries: ['/activity'] })))
const lines = async (count: number) =>
  waitFor(() =>
    expect(screen.getAllByRole('listitem').filter(({ textContent }) => /signed/.test(textContent))).toHaveLength(count),
  )
const button = (name: string) => screen.getByRole('button', { name })

test('shows more when the end comes near, or at the press of a button, until that is all', async () => {
  happened(5)
  open()
  await screen.findByText('Browser 0 on Windows signed in')
  await lines(2)
  scroll()
  await lines(4)
  button('Show more').focus()
  fireEvent.click(button('Show more'))
  await lines(5)
  expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull()
  expect(document.activeElement).toBe(screen.getByText('That is all. Nothing older is kept.'))
})

test('a failure on the way leaves what is there, and only a press tries again', async () => {
  happened(4)
  open()
  await lines(2)
  api.always = 'SERVICE_UNAVAILABLE'
  scroll()
  expect((await screen.findByRole('alert')).textContent).toContain('More could not be loaded.')
  api.always = null
  scroll()
  await lines(2)
  fireEvent.click(button('Show more'))
  await lines(4)
  expect(screen.queryByRole('alert')).toBeNull()
})

test('an outage says so, and tries again', async () => {
  happened(1)
  open()
  await lines(1)
  api.always = 'SERVICE_UNAVAILABLE'
  window.dispatchEvent(new Event('visibilitychange'))
  await screen.findByText('This list may be out of date.')
  api.always = null
  fireEvent.click(button('Try again'))
  await waitFor(() => expect(screen.queryByText('This list may be out of date.')).toBeNull())
})

test('each day has one heading, with the time beside each entry', async () => {
  happened(5)
  open()
  await lines(2)
  scroll()
  await lines(4)
  const heading = screen.getByRole('heading', { name: 'Monday, January 5, 2026', level: 2 })
  expect(heading.closest('li')?.textContent).toContain('Browser 0')
  expect(screen.getAllByText(/^\d?\d:\d\d/)).toHaveLength(4)
})

test('nothing at all is said to be so', async () => {
  open()
  await screen.findByText('Nothing has happened in your account lately.')
})

test.each([
  ['signed-in', null, 'Safari on iOS signed in'],
  ['signed-in-first', null, 'Safari on iOS signed in for the first time'],
  ['signed-out', null, 'Safari on iOS signed out'],
  ['revoked', chrome, 'Safari on iOS was signed out by Chrome on Windows'],
  ['revoked', { ...chrome, isCurrent: true }, 'Safari on iOS was signed out by Chrome on Windows (this device)'],
  ['revoked', null, 'Safari on iOS was signed out'],
  ['credentials-changed', null, 'Safari on iOS was signed out because the password or the account was changed'],
  ['expired', null, 'Safari on iOS was signed out by itself after its time was up'],
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
  ['provider-linked', null, 'An account for signing in was linked on Safari on iOS'],
  ['provider-unlinked', null, 'An account for signing in was unlinked on Safari on iOS'],
  ['second-factor-on', null, 'On Safari on iOS, codes at sign-in were turned on'],
  ['second-factor-off', null, 'On Safari on iOS, codes at sign-in were turned off'],
  ['backup-codes-renewed', null, 'New backup codes were made on Safari on iOS'],
  ['email-changed', null, 'The email address was changed on Safari on iOS'],
  ['refused', null, 'Safari on iOS tried to sign out another device, and was refused'],
] as const)('%s by %j: %s', (type, by, words) => {
  expect(describeActivity(createI18n('en'), { type, device: safari, by, newName: null })).toBe(words)
})

test.each([
  ['by-operator', undefined, 'Safari on iOS was signed out by the operator'],
  ['by-operator', 'Stolen', 'Safari on iOS was signed out by the operator. Reason: Stolen'],
  ['banned', undefined, 'The account was blocked by the operator'],
  ['password-required', undefined, 'The operator asked for a new password'],
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
    '25 attempts to sign in with a wrong password within a day, the last one from Safari on iOS',
  ],
  ['en', 'proof-refused', 1, 'Safari on iOS gave a wrong password when asked to confirm it'],
  [
    'en',
    'proof-refused',
    5,
    '5 wrong passwords within a day when asked to confirm it, the last one from Safari on iOS',
  ],
  ['de', 'sign-in-refused', 1, 'Safari auf iOS wollte sich mit einem falschen Passwort anmelden'],
  ['de', 'proof-refused', 5, '5 falsche Passwörter bei Rückfragen innerhalb eines Tages, zuletzt von Safari auf iOS'],
] as const)('in %s: %s, %d times: %s', (language, type, attempts, words) => {
  expect(describeActivity(createI18n(language), { type, attempts, device: safari, by: null, newName: null })).toBe(
    words,
  )
})

describe('the events of one kind', () => {
  test('are shown, and asked for again where they are others', async () => {
    happened(1)
    api.activity.push({ id: 'r', type: 'revoked', device: safari, by: null, newName: null })
    open()
    await screen.findByText('Browser 0 on Windows signed in')
    fireEvent.change(screen.getByLabelText('Which events'), { target: { value: 'sign-outs' } })
    await screen.findByText('Safari on iOS was signed out')
    expect(screen.queryByText('Browser 0 on Windows signed in')).toBeNull()
    screen.getByText('That is all of this kind.')
    fireEvent.change(screen.getByLabelText('Which events'), { target: { value: 'refusals' } })
    await screen.findByText('No events of this kind.')
  })

  test('are all in a download, whose names no spreadsheet runs', async () => {
    happened(5)
    for (const entry of api.activity) entry.device.name = '=1+"1"'
    const saved: Blob[] = []
    vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => {
      if (blob instanceof Blob) saved.push(blob)
      return 'blob:none'
    })
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined)
    open()
    await screen.findAllByText(/signed in/)
    fireEvent.click(button('Download as CSV'))
    await screen.findByText('5 events were saved.')
    const rows = ((await saved[0]?.text()) ?? '').trim().split('\r\n')
    expect(rows).toHaveLength(6)
    expect(rows[1]).toContain(`"'=1+""1"""`)
    api.always = 'SERVICE_UNAVAILABLE'
    fireEvent.click(button('Download as JSON'))
    await screen.findByText('The download did not work.')
    vi.restoreAllMocks()
  })
})

test('an event that only a newer server knows is shown all the same', async () => {
  const type = 'of-tomorrow' as 'signed-in' // what a newer server sends has another type
  api.activity = [{ id: '1', type, device: safari, by: null, newName: null }]
  open()
  await screen.findByText('Safari on iOS: this page cannot show what happened yet. Load it again.')
})

test('each sign-in but the own can be disowned, and an unusual one is marked', async () => {
  const here = { ...chrome, id: 'here', isCurrent: true }
  api.activity = [
    {
      id: '1',
      type: 'signed-in',
      device: safari,
      by: null,
      newName: null,
      signIn: { sessionId: 'there', signs: ['program'] },
    },
    { id: '2', type: 'signed-in', device: here, by: null, newName: null, signIn: { sessionId: 'here', signs: [] } },
  ]
  open()
  await screen.findByText('A program, not a browser')
  expect(screen.getAllByRole('button', { name: /^It was not me/ })).toHaveLength(1)
  fireEvent.click(button('It was not me: Safari on iOS'))
  fireEvent.click(screen.getByRole('button', { name: /and continue$|^Continue$/ }))
  await screen.findByText(/is signed out\. Now choose a new password/)
  expect(api.devices.map(({ id }) => id)).toEqual(['here'])
})
