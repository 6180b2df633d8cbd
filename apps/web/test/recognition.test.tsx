import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, test } from 'vitest'
import { serveFakeApi } from './fake-api.js'
import { card, household, open, press } from './household.js'
import { network } from './network.js'

let api: ReturnType<typeof serveFakeApi>
beforeEach(() => {
  api = serveFakeApi()
})

describe('an unusual sign-in', () => {
  beforeEach(() => {
    household(api)
    api.devices = api.devices.map((device) => ({
      ...device,
      place: { kind: 'country', code: 'JP' },
      lastSeenAt: new Date().toISOString(),
    }))
    api.unusual.set('Opera', ['new-browser', 'new-country', 'since-last-visit'])
  })

  test('stands first among the others, with its reasons', async () => {
    await open()
    const list = within(screen.getByRole('list', { name: 'Signed-in devices' }))
    await list.findByRole('heading', { name: 'New or unusual' })
    expect(list.getAllByRole('heading').map(({ textContent }) => textContent)).toEqual([
      'This device',
      'Chrome on macOS',
      'New or unusual',
      'Opera on macOS',
      'Other devices',
      'Firefox on macOS',
      'Safari on macOS',
    ])
    expect(screen.getByRole('group', { name: 'Was this you? Opera on macOS' }).textContent).toContain(
      'First sign-in from this browser; New country: Japan; Since your last visit',
    )
  })

  test('does not hold the list up while the database gives no answer', async () => {
    api.unusualHangs = true
    await open()
    fireEvent.click(await screen.findByRole('button', { name: /^Sign out.*Opera/ }))
    fireEvent.click(await screen.findByRole('button', { name: 'Yes, sign out' }))
    await waitFor(() => expect(api.devices).toHaveLength(3))
  })

  test('"It was me" takes the mark away and keeps the place', async () => {
    await open()
    fireEvent.click(await screen.findByRole('button', { name: 'It was me: Opera on macOS' }))
    await screen.findByText('Opera on macOS is no longer marked.')
    await waitFor(() => expect(screen.queryByText('Was this you?')).toBeNull())
    expect(api.unusual.size).toBe(0)
    expect(document.activeElement).toBe(card('Opera on macOS'))
    expect(api.devices).toHaveLength(4)
  })

  test('"It was me" is sent once, however often it is pressed', async () => {
    await open()
    const yes = await screen.findByRole('button', { name: 'It was me: Opera on macOS' })
    act(() => {
      yes.click()
      yes.click()
    })
    await screen.findByText('Opera on macOS is no longer marked.')
    await waitFor(() => expect(screen.queryByText('Was this you?')).toBeNull())
    expect(api.mutations).toBe(1)
  })

  test('"It wasn’t me" signs it out and leads to a new password', async () => {
    await open()
    fireEvent.click(await screen.findByRole('button', { name: 'It wasn’t me: Opera on macOS' }))
    screen.getByRole('group', { name: 'Sign out Opera on macOS and change your password?' })
    press('Sign out and continue')
    await screen.findByRole('heading', { name: 'Security' })
    screen.getByText(/^Opera on macOS is signed out\. Now choose a new password/)
    await screen.findByLabelText('New password')
    expect(api.devices.map(({ id }) => id)).toEqual(['Chrome', 'Firefox', 'Safari'])
    expect(screen.queryByText(/in the meantime/)).toBeNull()
  })

  test('stays marked, and the device signed in, when an answer cannot be given', async () => {
    await open()
    const wasMe = await screen.findByRole('button', { name: 'It was me: Opera on macOS' })
    api.always = 'SERVICE_UNAVAILABLE'
    fireEvent.click(wasMe)
    await screen.findByText(/^Couldn’t save that\./)
    press('It wasn’t me: Opera on macOS')
    press('Sign out and continue')
    await screen.findByText(/^Opera on macOS may still be signed in\./)
    expect(api.devices).toHaveLength(4)
    expect(api.unusual.size).toBe(1)
  })
})

describe('several devices', () => {
  test('are chosen and signed out in one step', async () => {
    household(api)
    await open()
    const list = screen.getByRole('list', { name: 'Signed-in devices' })
    const choose = screen.getByRole('button', { name: 'Choose devices' })
    expect(choose.compareDocumentPosition(list)).toBe(Node.DOCUMENT_POSITION_FOLLOWING)
    press('Choose devices')
    expect(screen.queryByRole('button', { name: /^Sign out .* on macOS$/ })).toBeNull()
    fireEvent.click(screen.getByRole('checkbox', { name: 'Choose Firefox on macOS' }))
    fireEvent.click(screen.getByRole('checkbox', { name: 'Choose Opera on macOS' }))
    screen.getByText('2 devices chosen')
    press('Sign out 2 devices')
    press('Yes, sign out')
    await screen.findByText('2 sign-ins ended.')
    await waitFor(() => expect(screen.queryByRole('checkbox')).toBeNull())
    expect(api.devices.map(({ id }) => id)).toEqual(['Chrome', 'Safari'])
    expect(api.mutations).toBe(1)
    // The list may come before the choice is over, or after. Nothing is left to choose from.
    expect(screen.queryByRole('button', { name: 'Choose devices' })).toBeNull()
    expect(document.activeElement).toBe(screen.getByRole('heading', { name: 'Devices' }))
  })

  test('that a search finds are signed out together, with their number on the button', async () => {
    api.devices = Array.from({ length: 12 }, (_, n) => ({
      id: String(n),
      browser: `Browser ${n}`,
      os: '',
      kind: n % 3 === 0 ? 'phone' : 'desktop',
      isCurrent: n === 0,
    }))
    api.session.id = '0'
    await open()
    expect(screen.queryByRole('button', { name: /found$/ })).toBeNull()
    fireEvent.change(screen.getByRole('searchbox'), { target: { value: 'mobile' } })
    fireEvent.click(await screen.findByRole('button', { name: 'Sign out the 3 devices found' }))
    screen.getByText('Sign out 3 devices?')
    press('Yes, sign out')
    await waitFor(() => expect(api.devices).toHaveLength(9))
    expect(api.devices.some(({ id }) => id === '0')).toBe(true)
  })
})

test('more is known of a device once its details are open', async () => {
  await open()
  const details = within(card('Firefox on Windows 11')).getByText('Details').closest('details')
  if (!details) throw new Error('no details')
  details.open = true
  fireEvent(details, new Event('toggle'))
  await within(details).findByText('the whole agent')
  within(details).getByText('Japan · 192.0.2.7')
  within(details).getByText(/\(3 sign-ins\)$/)
})

test('open details are not read again each time the device is used', async () => {
  let reads = 0
  const { answer } = network
  network.answer = (request) => {
    if (request.url.includes('devices.details')) reads += 1
    return answer(request)
  }
  await open()
  const details = within(card('Firefox on Windows 11')).getByText('Details').closest('details')
  if (!details) throw new Error('no details')
  details.open = true
  fireEvent(details, new Event('toggle'))
  await within(details).findByText('the whole agent')
  api.devices = api.devices.map((device) => ({ ...device, lastSeenAt: '2026-02-03T10:00:00.000Z' }))
  act(() => api.publish('devices'))
  await waitFor(() => expect(details.textContent).toContain('Feb 3, 2026'))
  within(details).getByText('the whole agent')
  expect(reads).toBe(1)
})
