import { act, fireEvent, screen, waitFor, within } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { serveFakeApi } from './fake-api.js'
import { card, household, open, press } from './household.js'

let api: ReturnType<typeof serveFakeApi>
beforeEach(() => {
  api = serveFakeApi()
})

describe('the place in the list', () => {
  test.each([
    ['Firefox on macOS', 'Safari on macOS'],
    ['Opera on macOS', 'Safari on macOS'],
  ])('after signing out %s is at %s, without a scroll to the top', async (gone, next) => {
    household(api)
    await open()
    const scrollTo = vi.spyOn(window, 'scrollTo')
    press(`Sign out ${gone}`)
    press('Yes, sign out')
    await screen.findByText(`${gone} was signed out.`)
    await waitFor(() => expect(screen.queryByRole('heading', { name: gone })).toBeNull())
    expect(screen.queryByText(/in the meantime/)).toBeNull()
    expect(document.activeElement).toBe(card(next))
    expect(scrollTo).not.toHaveBeenCalled()
    scrollTo.mockRestore()
  })

  test('stays when a device disappears while its question is open, with a word why', async () => {
    household(api)
    await open()
    press('Sign out Firefox on macOS')
    api.devices = api.devices.filter(({ id }) => id !== 'Firefox')
    act(() => api.publish('devices'))
    await within(screen.getByRole('log', { name: 'Messages' })).findByText(
      'Firefox on macOS was signed out in the meantime.',
    )
    expect(document.activeElement).toBe(card('Safari on macOS'))
  })

  test('is left alone when a device disappears that nobody was asking about', async () => {
    household(api)
    await open()
    screen.getByRole('link', { name: 'Security' }).focus()
    api.devices = api.devices.filter(({ id }) => id !== 'Firefox')
    act(() => api.publish('devices'))
    await waitFor(() => expect(screen.queryByRole('heading', { name: 'Firefox on macOS' })).toBeNull())
    expect(document.activeElement).toBe(screen.getByRole('link', { name: 'Security' }))
    expect(screen.queryByText(/in the meantime/)).toBeNull()
  })
})

test('after choosing devices, the focus is on the button that began it', async () => {
  household(api)
  await open()
  press('Choose devices')
  await waitFor(() => expect(document.activeElement).toBe(screen.getByRole('region', { name: 'Chosen devices' })))
  press('Stop choosing')
  expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Choose devices' }))
})

test('the button that begins a choice takes no focus when it comes back later', async () => {
  household(api)
  api.devices = api.devices.map((device) => ({ ...device, deviceId: `of ${device.id}` }))
  await open()
  press('Choose devices')
  await screen.findByRole('region', { name: 'Chosen devices' })
  press('Stop choosing')
  press('Rename Chrome on macOS')
  const field = await screen.findByLabelText('Device name')
  field.focus()
  const all = api.devices
  api.devices = all.slice(0, 2)
  act(() => api.publish('devices'))
  await waitFor(() => expect(screen.queryByRole('button', { name: 'Choose devices' })).toBeNull())
  api.devices = all
  act(() => api.publish('devices'))
  await screen.findByRole('button', { name: 'Choose devices' })
  expect(document.activeElement).toBe(field)
})

describe('several sign-ins of one browser', () => {
  beforeEach(() => {
    const laptop = { browser: 'Chrome', os: 'macOS', kind: 'desktop', deviceId: 'laptop' } as const
    const phone = { browser: 'Safari', os: 'iPhone', kind: 'phone', deviceId: 'phone', isCurrent: false } as const
    api.devices = [
      { ...laptop, id: 'here', isCurrent: true },
      { ...phone, id: 'p1' },
      { ...phone, id: 'p2' },
      { ...laptop, id: 'before', isCurrent: false },
    ]
  })

  test('are one device in every count', async () => {
    await open()
    press('Sign out the other device')
    screen.getByText('Sign out the other device?')
    press('Yes, sign out')
    await screen.findByText('All other devices were signed out. 3 sign-ins ended.')
  })

  test('are called earlier sign-ins, not devices, when one is signed out', async () => {
    await open()
    const older = within(card('Chrome on macOS')).getByRole('button', {
      name: /^Sign out Chrome on macOS, signed in/,
    })
    fireEvent.click(older)
    screen.getByText('Sign out the earlier sign-in on Chrome on macOS?')
    press('Yes, sign out')
    await screen.findByText('The earlier sign-in on Chrome on macOS was signed out.')
  })

  test('on the only device are signed out as what they are', async () => {
    api.devices = api.devices.filter(({ deviceId }) => deviceId === 'laptop')
    await open()
    screen.getByText('This is the only device signed in to your account.')
    press('Sign out earlier sign-ins')
    screen.getByText('Sign out earlier sign-ins on this device?')
  })

  test('the question about one closes when that one has ended, and does not become one about the next', async () => {
    await open()
    press('Sign out Safari on iPhone')
    api.devices = api.devices.filter(({ id }) => id !== 'p1')
    act(() => api.publish('devices'))
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Yes, sign out' })).toBeNull())
    screen.getByRole('button', { name: 'Sign out Safari on iPhone' })
  })
})

describe('names', () => {
  beforeEach(() => {
    api.devices = [
      { id: 'here', browser: 'Chrome', os: 'macOS', kind: 'desktop', isCurrent: true },
      { id: 'there', browser: 'Unknown browser', os: '', kind: 'desktop', isCurrent: false, deviceId: 'd' },
    ]
  })

  test('a refused name is explained at its field', async () => {
    await open()
    press('Rename Unknown browser')
    fireEvent.change(screen.getByLabelText('Device name'), { target: { value: 'a\u202Eb' } })
    api.acceptsNames = false
    press('Save name')
    await waitFor(() => expect(screen.getByLabelText('Device name').getAttribute('aria-invalid')).toBe('true'))
    expect(screen.getAllByText('Use up to 50 letters, numbers and symbols.').length).toBeGreaterThan(0)
    expect(screen.queryByText(/Something went wrong/)).toBeNull()
    expect(document.activeElement).toBe(screen.getByLabelText('Device name'))
  })

  test('a question names the device that it is about', async () => {
    await open()
    press('Sign out Unknown browser')
    screen.getByRole('group', { name: 'Sign out Unknown browser?' })
  })
})

test('devices are grouped: this one, others, and those that were not used for 30 days', async () => {
  const daysAgo = (days: number) => new Date(Date.now() - days * 24 * 60 * 60_000).toISOString()
  api.devices = [0, 1, 29, 31, 400].map((days, n) => ({
    id: String(n),
    browser: `Browser ${n}`,
    os: '',
    kind: 'desktop',
    isCurrent: n === 0,
    lastSeenAt: daysAgo(days),
  }))
  api.session.id = '0'
  await open()
  const list = within(screen.getByRole('list', { name: 'Signed-in devices' }))
  expect(list.getAllByRole('heading').map(({ textContent }) => textContent)).toEqual([
    'This device',
    'Browser 0',
    'Other devices',
    'Browser 1',
    'Browser 2',
    'Not used for 30 days',
    'Browser 3',
    'Browser 4',
  ])
})

describe('a list that follows no more', () => {
  const seenAt = new Date('2026-11-30T10:00:00')
  const later = (minutes: number) => act(() => void vi.advanceTimersByTime(minutes * 60_000))
  const detailsOf = (name: string) => card(name).textContent

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'], now: seenAt })
    household(api)
    api.devices = api.devices.map((device) => ({ ...device, lastSeenAt: seenAt.toISOString() }))
    await open()
  })
  afterEach(() => void vi.useRealTimers())

  test('says of when it is, and until when a device was known to be active, not that it was left', async () => {
    later(1)
    act(() => api.publish({ type: 'waiting' }))
    await screen.findByText(/^Updated today at 10:01/)
    expect(detailsOf('Firefox on macOS')).toContain('Active now')
    later(9)
    expect(screen.getByText(/^Updated today at 10:01/)).toBeTruthy()
    expect(detailsOf('Firefox on macOS')).toContain('Active today at 10:01')
    expect(detailsOf('Firefox on macOS')).not.toContain('ago')
    expect(detailsOf('Chrome on macOS')).toContain('Active now') // the reader's own
    api.devices = api.devices.map((device) => ({ ...device, lastSeenAt: new Date().toISOString() }))
    act(() => api.publish('devices'))
    await waitFor(() => expect(detailsOf('Firefox on macOS')).toContain('Active now'))
    expect(screen.queryByText(/^As of/)).toBeNull()
  })

  test('says of a device that was left before how long ago', async () => {
    later(5)
    act(() => api.publish({ type: 'waiting' }))
    await screen.findByText(/^Updated today at 10:05/)
    later(5)
    expect(detailsOf('Firefox on macOS')).toContain('Last seen 10 minutes ago')
  })
})

test('a kind of device that only a newer server knows is shown as an unknown one', async () => {
  const kind = 'of-tomorrow' as 'phone' // what a newer server sends has another kind
  api.devices = api.devices.map((device) => ({ ...device, kind }))
  await open()
  expect(screen.getAllByText('Unknown device')).toHaveLength(api.devices.length)
})

test('exact times of a session can be had without a mouse', async () => {
  await open()
  const facts = within(card('Firefox on Windows 11')).getByText('Details').closest('details')
  expect(facts?.textContent).toContain('2026')
})
