import { createMemoryHistory } from '@tanstack/react-router'
import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, test } from 'vitest'
import { createApp } from '../src/app.js'
import { serveFakeApi } from './fake-api.js'

let api: ReturnType<typeof serveFakeApi>
beforeEach(() => {
  api = serveFakeApi()
})

async function openDevices() {
  const history = createMemoryHistory({ initialEntries: ['/'] })
  render(createApp(history))
  await screen.findByRole('heading', { name: 'Firefox on Windows 11' })
  await screen.findAllByText('Ada Lovelace')
  return history
}

/** Not by the word Live: it is there, invisible, before the page knows whether a stream lasts. */
const isLive = () => screen.findByText(': this list updates by itself')

const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }))

test('a refused browser goes to sign-in with a word why, and Back brings nothing of the account', async () => {
  const history = await openDevices()
  api.always = 'UNAUTHORIZED'
  fireEvent.click(screen.getByRole('link', { name: 'Security' }))
  await waitFor(() => expect(screen.getByRole('status').textContent).toMatch(/^You were signed out\./))
  expect(history.location.pathname).toBe('/sign-in')

  api.hold()
  history.back()
  await waitFor(() => expect(history.location.pathname).toBe('/'))
  expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Sign in') // until the API says who is signed in
  expect(screen.queryByText('Ada Lovelace')).toBeNull()
  expect(screen.queryByText('Firefox on Windows 11')).toBeNull()
  api.release()
  await waitFor(() => expect(history.location.pathname).toBe('/sign-in'))
})

test.each([
  ['/', 'Devices'],
  ['/activity', 'Activity'],
  ['/security', 'Security'],
  ['/account', 'Account'],
])('%s shows no field of an account before the session is known, and leaves without one', async (path, title) => {
  localStorage.setItem('rollcall.signedIn', '1')
  api.always = 'UNAUTHORIZED'
  api.hold()
  const history = createMemoryHistory({ initialEntries: [path] })
  render(createApp(history))
  await screen.findByRole('heading', { name: title, level: 1 })
  expect(within(screen.getByRole('main')).getByRole('status').textContent).toMatch(/^Loading your/)
  const shown = () =>
    [...document.querySelectorAll('main :is(input, form, button, h2)')].filter((part) => !part.closest('.invisible'))
  expect(shown()).toEqual([])
  const seen: Element[] = []
  const watch = new MutationObserver(() => {
    if (history.location.pathname === path) seen.push(...shown())
  })
  watch.observe(document.body, { childList: true, subtree: true })
  api.release()
  await screen.findByRole('heading', { name: 'Sign in' })
  watch.disconnect()
  expect(seen).toEqual([])
})

describe('places', () => {
  test('are shown in place of the address, with a word that they are approximate and where they come from', async () => {
    api.devices = [
      { id: 'here', browser: 'Chrome', os: 'macOS', kind: 'desktop', isCurrent: true, place: { kind: 'local' } },
      {
        id: 'there',
        browser: 'Firefox',
        os: 'Windows 11',
        kind: 'desktop',
        isCurrent: false,
        place: { kind: 'country', code: 'DE' },
      },
    ]
    await openDevices()
    const [here, there] = within(screen.getByRole('list', { name: 'Signed-in devices' })).getAllByRole('listitem')
    expect(here?.textContent).toContain('· Local network')
    expect(there?.textContent).toContain('· Germany')
    screen.getByText(/can be wrong/)
    expect(screen.getByRole('link', { name: 'IP Geolocation by DB-IP' }).getAttribute('href')).toBe(
      'https://db-ip.com/',
    )
  })

  test('that are unknown leave nothing behind, nor does a source that was not used', async () => {
    await openDevices()
    expect(screen.queryByText(/approximate|Local network/)).toBeNull()
    expect(screen.queryByText(/can be wrong/)).toBeNull()
    expect(screen.queryByRole('link', { name: /DB-IP/ })).toBeNull()
  })
})

describe('what the server publishes', () => {
  const sessionEnd = {
    type: 'ended',
    cause: 'revoke',
    by: { isSelf: false, browser: 'Chrome', os: 'Windows' },
    at: new Date().toISOString(),
  } as const

  test('of the devices is shown, as live while the stream lasts', async () => {
    await openDevices()
    await isLive()
    api.devices = [...api.devices, { id: 'new', browser: 'Safari', os: 'iOS', kind: 'phone', isCurrent: false }]
    api.publish('devices')
    await screen.findByRole('heading', { name: 'Safari on iOS' })
    api.publish({ type: 'waiting' })
    await screen.findByText(/^Updated today at .*\. Refreshes when you come back to this page$/)
    api.publish('devices')
    await isLive()
    expect(api.streams).toBe(1)
  })

  test('of the devices is not called live while the browser is offline', async () => {
    await openDevices()
    await isLive()
    act(() => void window.dispatchEvent(new Event('offline')))
    await screen.findByText(/^Updated today at .*\. Refreshes when you come back to this page$/)
    act(() => void window.dispatchEvent(new Event('online')))
    await isLive()
  })

  test('a stream that breaks is opened again, and nobody is signed out', async () => {
    await openDevices()
    await isLive()
    api.publish('break')
    await screen.findByText(/^Updated today at .*\. Refreshes when you come back to this page$/)
    await waitFor(() => expect(api.streams).toBe(2))
    await isLive()
  })

  test('of the end of the session is obeyed at once, with the reason', async () => {
    const history = await openDevices()
    await isLive()
    api.always = 'UNAUTHORIZED'
    api.publish(sessionEnd)
    await screen.findByText('Chrome on Windows signed out this device just now.')
    expect(history.location.pathname).toBe('/sign-in')
    expect(history.location.search).toBe('') // an address could be made up by anyone
    expect(screen.queryByText('Ada Lovelace')).toBeNull()
    expect(screen.queryByText('Firefox on Windows 11')).toBeNull()
  })

  test('of an end that came from here is put in those words', async () => {
    await openDevices()
    await isLive()
    api.publish({ ...sessionEnd, by: { ...sessionEnd.by, isSelf: true } })
    await screen.findByText('You’re signed out on this device.')
  })

  test('to one window reaches the others of the browser', async () => {
    const other = new BroadcastChannel('rollcall.session')
    const received = new Promise((resolve) => other.addEventListener('message', ({ data }) => resolve(data)))
    await openDevices()
    await isLive()
    api.publish(sessionEnd)
    expect(await received).toEqual({ type: 'signed-out', sessionId: 'here', state: { notice: 'ended', sessionEnd } })
    other.close()
  })

  test('by another window is believed about the own session only', async () => {
    const history = await openDevices()
    const other = new BroadcastChannel('rollcall.session')
    other.postMessage({ type: 'signed-out', sessionId: 'elsewhere', state: { notice: 'ended', sessionEnd } })
    other.postMessage({ type: 'signed-out', sessionId: 'here', state: { notice: 'everywhere' } })
    await screen.findByText('You’re signed out on all devices, including this one.')
    expect(history.location.pathname).toBe('/sign-in')
    other.close()
  })
})

test('a call refused because its cookie was being replaced signs nobody out', async () => {
  await openDevices()
  api.next = ['UNAUTHORIZED']
  window.dispatchEvent(new Event('visibilitychange'))
  await waitFor(() => expect(api.next).toHaveLength(0))
  await screen.findByRole('heading', { name: 'Firefox on Windows 11' })
  expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Devices')
})

test('a refusal that an outage keeps from being asked about again signs nobody out', async () => {
  const history = await openDevices()
  api.next = ['UNAUTHORIZED']
  api.always = 'SERVICE_UNAVAILABLE'
  window.dispatchEvent(new Event('visibilitychange'))
  await screen.findByRole('button', { name: 'Try again' })
  expect(history.location.pathname).toBe('/')
  api.always = null
  press('Try again')
  await screen.findByRole('heading', { name: 'Firefox on Windows 11' })
})

test('an outage is no sign-out: it says so and tries again', async () => {
  api.always = 'SERVICE_UNAVAILABLE'
  const history = createMemoryHistory({ initialEntries: ['/'] })
  render(createApp(history))
  await screen.findByText('This didn’t sign you out.')
  expect(history.location.pathname).toBe('/')
  api.always = null
  press('Try again')
  await screen.findByRole('heading', { name: 'Firefox on Windows 11' })
})

test('a list that could not be loaded again is not called live, although its stream lasts', async () => {
  await openDevices()
  await isLive()
  api.always = 'SERVICE_UNAVAILABLE'
  press('Sign out Firefox on Windows 11')
  press('Yes, sign out')
  await screen.findByText('This list may be out of date.')
  expect(screen.queryByText('Live')).toBeNull()
  api.always = null
  press('Try again')
  await isLive()
})

test('a device is called signed out only after the API has said so, and once however often it is pressed', async () => {
  await openDevices()
  api.hold()
  press('Sign out Firefox on Windows 11')
  press('Yes, sign out')
  fireEvent.click(await screen.findByRole('button', { name: 'Signing out…' }))
  await waitFor(() => expect(api.mutations).toBe(1))
  expect(screen.queryAllByText(/was signed out/)).toEqual([])

  api.release()
  await screen.findAllByText('Firefox on Windows 11 was signed out.')
  expect(screen.queryByRole('heading', { name: 'Firefox on Windows 11' })).toBeNull()
  expect(document.activeElement).toBe(screen.getByRole('heading', { level: 1 }))
  expect(screen.getByText('This is the only device signed in to your account.')).toBeTruthy()
  expect(api.mutations).toBe(1)
})

test('a device that was gone already is not claimed', async () => {
  await openDevices()
  api.devices = api.devices.filter(({ isCurrent }) => isCurrent)
  press('Sign out Firefox on Windows 11')
  press('Yes, sign out')
  await screen.findAllByText('That device was already signed out.')
})

test('a failed revocation says that the device may still be signed in', async () => {
  await openDevices()
  await isLive() // else the stream, which opens a moment later, would meet the refusal
  api.next = ['SERVICE_UNAVAILABLE']
  press('Sign out Firefox on Windows 11')
  press('Yes, sign out')
  const card = within(screen.getByRole('listitem', { name: 'Firefox on Windows 11' }))
  expect((await card.findByRole('alert')).textContent).toContain('may still be signed in')
})
