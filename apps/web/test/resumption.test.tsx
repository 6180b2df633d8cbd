import { fireEvent, screen, waitFor, within } from '@testing-library/react'
import { describe, expect, test } from 'vitest'
import {
  ask,
  button,
  comeBack,
  firefox,
  prepareTrips,
  press,
  show,
  signOutFirefox,
  trip,
  type,
  words,
} from './provider-trip.js'

prepareTrips()

describe('a proof at a provider is followed by what was asked:', () => {
  test.each([
    ['one device', signOutFirefox, 'Firefox on Windows 11 was signed out.'],
    ['all others', ['Sign out all other devices (2)', 'Yes, sign out'], 'All other devices were signed out.'],
    [
      'those that were chosen',
      ['Choose devices', 'Choose Firefox on Windows 11', 'Sign out 1 device', 'Yes, sign out'],
      '1 sign-in ended.',
    ],
    [
      'an earlier sign-in',
      ['Sign out Chrome on macOS, signed in', 'Yes, sign out'],
      'The earlier sign-in on Chrome on macOS was signed out.',
    ],
    [
      'one that was not me',
      ['It wasn’t me: Firefox on Windows 11', 'Sign out and continue'],
      'Firefox on Windows 11 is signed out. Now choose a new password',
    ],
  ])('sign out %s', async (_, buttons, said) => {
    trip.api.devices = [
      { id: 'here', browser: 'Chrome', os: 'macOS', kind: 'desktop', isCurrent: true, deviceId: 'd' },
      { id: 'earlier', browser: 'Chrome', os: 'macOS', kind: 'desktop', isCurrent: false, deviceId: 'd' },
      firefox,
      { ...firefox, id: 'third', browser: 'Opera' },
    ]
    trip.api.unusual.set('there', ['new-browser'])
    await ask('/', buttons)
    expect(trip.api.devices).toHaveLength(4)
    comeBack()
    await words(said)
    expect(trip.api.devices.length).toBeLessThan(4)
  })

  test('"It wasn’t me", said in the activity', async () => {
    const device = { ...firefox, name: null, ipAddress: null, place: null }
    const signIn = { sessionId: 'there', signs: [] }
    trip.api.activity = [{ id: '1', type: 'signed-in', device, by: null, newName: null, signIn }]
    await ask('/activity', ['It wasn’t me: Firefox on Windows 11', 'Sign out and continue'])
    const history = comeBack()
    await words('Firefox on Windows 11 is signed out. Now choose a new password')
    expect(trip.api.devices).toHaveLength(1)
    expect(history.location.pathname).toBe('/security')
  })

  test.each([
    [
      'remove a passkey',
      ['Remove Work key', 'Yes, remove'],
      '/passkey/remove {"id":"Work key","revokeOtherSessions":true}',
      'was removed',
    ],
    [
      'unlink a provider',
      ['Unlink Acme', 'Yes, unlink'],
      '/provider/unlink {"id":"acme-1","revokeOtherSessions":true}',
      'was unlinked',
    ],
    ['add a passkey', ['Add a passkey'], '/passkey/generate-register-options ', null],
    [
      'link a provider',
      ['Link Beta'],
      '/provider/link {"provider":"beta","revokeOtherSessions":false,"returnTo":"/security"}',
      null,
    ],
    [
      'turn the second factor off',
      ['Turn off', 'Yes, turn off'],
      '/two-factor/disable {"revokeOtherSessions":true}',
      'Two-factor authentication is off.',
    ],
    [
      'get new backup codes',
      ['New backup codes', 'Get new codes'],
      '/two-factor/generate-backup-codes {"revokeOtherSessions":true}',
      null,
    ],
  ])('%s', async (_, buttons, call, said) => {
    await ask('/security', buttons)
    expect(trip.calls).toEqual([])
    comeBack()
    await waitFor(() => expect(trip.calls).toContain(call))
    if (said !== null) await words(said)
  })

  test('unlink a provider, and keep the other devices signed in', async () => {
    await ask('/security', ['Yes, unlink'], async () => {
      await press('Unlink Acme')
      const question = document.querySelector<HTMLElement>('[role=group]')
      fireEvent.click(within(question ?? document.body).getByLabelText('Also sign out my other devices'))
    })
    comeBack()
    await words('was unlinked')
    expect(trip.calls).toEqual(['/provider/unlink {"id":"acme-1","revokeOtherSessions":false}'])
    expect(screen.queryByText(/other devices were signed out/)).toBeNull()
  })

  test('remove the password', async () => {
    trip.methods = [{ kind: 'password' }, { kind: 'passkey' }]
    await ask('/security', ['Remove password', 'Yes, remove'])
    expect(trip.calls).toEqual([])
    comeBack()
    await words('Your password was removed')
    expect(trip.calls).toEqual(['/password/remove {"revokeOtherSessions":true}'])
    await waitFor(() => expect(document.activeElement?.textContent).toContain('Your password was removed'))
  })

  test('change the address', async () => {
    await ask('/account', ['Change address'], () => type('New email address', 'new@example.org'))
    expect(trip.api.emailChange).toBeNull()
    comeBack()
    await words('We sent a link to')
    expect(trip.api.emailChange).toEqual({ email: 'new@example.org' })
  })
})

test('an account without a password is asked for none', async () => {
  show('/security')
  await press('Add a passkey')
  await button('Confirm with Acme')
  await waitFor(() => expect(screen.getByLabelText('Your password').closest('form')?.hidden).toBe(true))
  await waitFor(() => expect(document.activeElement?.textContent).toBe('Add a passkey?'))
  await press('Cancel')
  await button('Add a passkey')
})

test('a new password is not kept: its form is empty, and says so', async () => {
  trip.api.hasPassword = false
  await ask('/security', ['Set password'], async () => {
    await words('Your account has no password')
    await type('New password', 'a good first password')
  })
  expect(sessionStorage.getItem('rollcall.pendingAction')).not.toContain('good first')
  comeBack()
  await words('Enter the new password again')
  const field = screen.getByLabelText<HTMLInputElement>('New password')
  expect(field.value).toBe('')
  expect(document.activeElement).toBe(field)
  expect(trip.calls).toEqual([])
})

test.each(['Cancel', 'Yes, delete my account'])('"%s" answers the question that was asked again', async (answer) => {
  await ask('/account', ['Delete account', 'Yes, delete my account'])
  comeBack()
  await words('Nothing has been deleted yet')
  trip.api.always = 'SERVICE_UNAVAILABLE'
  await press(answer)
  if (answer !== 'Cancel') await words('Your account may not have been deleted.')
  await press('Delete account')
  await button('Yes, delete my account')
  expect(screen.queryByText(/Nothing has been deleted yet/)).toBeNull()
})

test('the question before a deletion is asked again, and no key typed meanwhile answers it', async () => {
  // The windows of other tests must not learn that theirs has ended, and that of before only within this one.
  const windows = new BroadcastChannel('rollcall.session')
  const ended = new Promise((resolve) => windows.addEventListener('message', resolve))
  trip.api.session = { ...trip.api.session, id: 'deleted' }
  await ask('/account', ['Delete account', 'Yes, delete my account'])
  comeBack()
  await waitFor(() => expect(document.activeElement?.textContent).toContain('Nothing has been deleted yet'))
  expect(document.activeElement?.tagName).not.toBe('BUTTON')
  expect(trip.api.isDeleted).toBe(false)
  await press('Yes, delete my account')
  await words('Your account was deleted')
  expect(trip.api.isDeleted).toBe(true)
  await ended
  windows.close()
})
