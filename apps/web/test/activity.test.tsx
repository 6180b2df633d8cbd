import { createMemoryHistory } from '@tanstack/react-router'
import { act, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { createApp } from '../src/app.js'
import { serveFakeApi } from './fake-api.js'
import { chrome, safari } from './named-devices.js'
import { network } from './network.js'

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
  expect(document.activeElement).toBe(screen.getByText('That’s all. Older activity isn’t kept.'))
})

test('a failure on the way leaves what is there, and only a press tries again', async () => {
  happened(4)
  open()
  await lines(2)
  api.always = 'SERVICE_UNAVAILABLE'
  scroll()
  expect((await screen.findByRole('alert')).textContent).toContain('Couldn’t load more.')
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

test('on the way back to the window, all pages are read again only if the newest has changed', async () => {
  happened(6)
  open()
  await lines(2)
  scroll()
  await lines(4)
  scroll()
  await lines(6)
  const { answer } = network
  let reads = 0
  network.answer = async (request) => {
    if (request.url.includes('activity.list')) reads += 1
    return answer(request)
  }
  const comeBack = () => act(() => void window.dispatchEvent(new Event('visibilitychange')))
  comeBack()
  await waitFor(() => expect(reads).toBe(1))
  await lines(6)

  api.activity.unshift({ id: 'new', type: 'signed-in', device: safari, by: null, newName: null })
  comeBack()
  await screen.findByText('Safari on iOS signed in')
  await lines(6)
  expect(reads).toBe(1 + 1 + 3)
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
  await screen.findByText('No recent activity.')
})

describe('the events of one kind', () => {
  test('are shown, and asked for again where they are others', async () => {
    happened(1)
    api.activity.push({ id: 'r', type: 'revoked', device: safari, by: null, newName: null })
    open()
    await screen.findByText('Browser 0 on Windows signed in')
    fireEvent.change(screen.getByLabelText('Filter events'), { target: { value: 'sign-outs' } })
    await screen.findByText('Safari on iOS was signed out')
    expect(screen.queryByText('Browser 0 on Windows signed in')).toBeNull()
    screen.getByText('That’s all of this kind.')
    fireEvent.change(screen.getByLabelText('Filter events'), { target: { value: 'refusals' } })
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
    await screen.findByText('5 events saved.')
    const rows = ((await saved[0]?.text()) ?? '').trim().split('\r\n')
    expect(rows).toHaveLength(6)
    expect(rows[1]).toContain(`"'=1+""1"""`)
    api.always = 'SERVICE_UNAVAILABLE'
    fireEvent.click(button('Download as JSON'))
    await screen.findByText('Couldn’t download the file.')
    vi.restoreAllMocks()
  })
})

test('an event that only a newer server knows is shown all the same', async () => {
  const type = 'of-tomorrow' as 'signed-in' // what a newer server sends has another type
  api.activity = [{ id: '1', type, device: safari, by: null, newName: null }]
  open()
  await screen.findByText('Safari on iOS: this page can’t show what happened yet. Reload it.')
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
  expect(screen.getAllByRole('button', { name: /^It wasn’t me/ })).toHaveLength(1)
  fireEvent.click(button('It wasn’t me: Safari on iOS'))
  fireEvent.click(screen.getByRole('button', { name: /and continue$|^Continue$/ }))
  await screen.findByText(/is signed out\. Now choose a new password/)
  expect(api.devices.map(({ id }) => id)).toEqual(['here'])
})
