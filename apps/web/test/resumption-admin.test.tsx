import { screen, waitFor } from '@testing-library/react'
import { beforeEach, describe, expect, test } from 'vitest'
import { ask, button, comeBack, prepareTrips, press, trip, type, words } from './provider-trip.js'

prepareTrips()
beforeEach(() => {
  trip.api.session.user.isAdmin = true
})

const reason = 'Reason, shown to the people affected'

async function chooseKatherine() {
  await type('Name, email address, ID, session or IP address', 'johnson')
  await press('Find people')
  await press('Show Katherine Johnson')
  await type(reason, 'Stolen laptop')
}

async function findPhones() {
  await words('Beta account')
  await type('Kind of device', 'phone')
  await type('Signed in with', 'provider:beta')
  await type('Last seen before', '2026-11-28T10:00')
  await press('Find sessions')
  await words('3 sessions of 3 people found')
  await type('Enter the number of sessions to sign them out', '3')
  await type(reason, 'Stolen laptops')
}

const input = (label: string) => screen.getByLabelText<HTMLInputElement>(label)

describe('after a proof at a provider, what an administrator asked about one person goes on:', () => {
  const one = { id: 'katherine', reason: 'Stolen laptop' }
  test.each([
    [
      'sign out a device',
      ['Sign out Firefox on Windows 11', 'Yes, sign out'],
      ['signOut', { ...one, sessionId: 'there' }],
      '1 session was signed out.',
    ],
    ['sign out all devices', ['Sign out all devices', 'Yes, sign out'], ['signOut', one], '1 session was signed out.'],
    [
      'require a new password',
      ['Require a new password', 'Yes, require'],
      ['requirePasswordReset', one],
      'a link is on its way',
    ],
    ['block the account', ['Block account', 'Yes, block'], ['ban', one], 'The account is blocked.'],
  ])('%s', async (_, buttons, change, said) => {
    await ask('/admin', buttons, chooseKatherine)
    expect(trip.api.adminChanges).toEqual([])
    const history = comeBack()
    await words(said)
    expect(trip.api.adminChanges).toEqual([change])
    expect(history.location.pathname).toBe('/admin')
    expect(sessionStorage.getItem('rollcall.pendingAction')).toBeNull()
    // The person is shown again, and what was typed about them.
    await button('Block account')
    expect(input(reason).value).toBe('Stolen laptop')
  })

  test('stop an operation', async () => {
    trip.api.operations = [{ id: 'running', state: 'running' }]
    await ask('/admin', ['Stop', 'Yes, stop'])
    comeBack()
    await words('The operation stops within a second.')
    expect(trip.api.adminChanges).toEqual([['stop', { id: 'running' }]])
  })
})

describe('what concerns many people is asked again:', () => {
  test('the filter is filled in, and the sessions are counted anew', async () => {
    await ask('/admin', ['Sign out these sessions', 'Yes, sign out'], findPhones)
    trip.api.filterFinds = 4
    comeBack()
    await waitFor(() => expect(document.activeElement?.textContent).toContain('Nothing has been signed out yet'))
    await words('4 sessions of 4 people found')
    expect(trip.api.adminChanges).toEqual([])
    expect(input('Kind of device').value).toBe('phone')
    expect(input('Signed in with').value).toBe('provider:beta')
    expect(input('Last seen before').value).toBe('2026-11-28T10:00')
    expect(input(reason).value).toBe('Stolen laptops')
    expect(input('Enter the number of sessions to sign them out').value).toBe('')
    await type('Enter the number of sessions to sign them out', '4')
    await press('Sign out these sessions')
    await press('Yes, sign out')
    const filter = {
      method: 'provider:beta',
      kind: 'phone',
      lastSeenBefore: new Date('2026-11-28T10:00').toISOString(),
    }
    await waitFor(() =>
      expect(trip.api.adminChanges).toEqual([['revoke', { filter, count: 4, reason: 'Stolen laptops' }]]),
    )
    await waitFor(() => expect(screen.queryByText(/Nothing has been signed out yet/)).toBeNull())
    expect(input('Kind of device').value).toBe('phone')
  })

  test('the question about an operation that is to be resumed', async () => {
    trip.api.operations = [
      { id: 'other', state: 'stopped' },
      { id: 'stopped', state: 'stopped' },
    ]
    await ask('/admin', [], async () => {
      await button('Resume')
      const second = [...document.querySelectorAll('button')].filter((one) => one.textContent === 'Resume')[1]
      // Two buttons of the same name differ by their descriptions.
      expect(document.getElementById(second?.getAttribute('aria-describedby') ?? '')?.textContent).toContain('Stopped')
      second?.click()
      await press('Yes, resume')
    })
    comeBack()
    await waitFor(() => expect(document.activeElement?.textContent).toContain('Nothing has been resumed yet'))
    expect(trip.api.adminChanges).toEqual([])
    await press('Yes, resume')
    await words('The operation runs again.')
    expect(trip.api.adminChanges).toEqual([['resume', { id: 'stopped' }]])
  })
})

test('nothing goes on for somebody who is no administrator any more', async () => {
  await ask('/admin', ['Sign out all devices', 'Yes, sign out'], chooseKatherine)
  trip.api.session.user.isAdmin = false
  comeBack()
  await words('Page not found')
  expect(trip.api.adminChanges).toEqual([])
})

test('why a change failed is said where the person is shown again', async () => {
  await ask('/admin', ['Sign out all devices', 'Yes, sign out'], chooseKatherine)
  trip.api.failsChanges = true
  comeBack()
  await words('That may not have worked.')
  await button('Sign out all devices')
  expect(input(reason).value).toBe('Stolen laptop')
})
