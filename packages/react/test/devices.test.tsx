/* oxlint-disable max-lines -- The last test compares the README with the page that all others use. */
import { readFileSync } from 'node:fs'
import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { cleanup, fireEvent, render, waitFor, within } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { elect } from '../src/elect.js'
import type { SessionEnd } from '../src/index.js'
import { api } from './api.js'
import { network } from './network.js'
import { startApp } from './app.js'
import { DevicesPage } from './own-page.js'

const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1'
const tablet = 'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36'

const wait = { timeout: 10_000 }

beforeEach(() => stubLocks(createLocks()))
afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
  cleanup()
  vi.unstubAllGlobals()
})

/** `undefined` is how a browser answers on plain http. */
function stubLocks(value: ReturnType<typeof createLocks> | undefined): void {
  vi.stubGlobal('navigator', Object.defineProperty(Object.create(navigator), 'locks', { value }))
}

/** Web Locks, which happy-dom has none of: one has its turn, the others wait in line. */
function createLocks() {
  const lines = new Map<string, Promise<unknown>>()
  return {
    async request(name: string, { signal }: { signal: AbortSignal }, work: () => Promise<void>) {
      const turn = (lines.get(name) ?? Promise.resolve()).then(() => (signal.throwIfAborted(), work()))
      lines.set(
        name,
        turn.catch(() => undefined),
      )
      await turn
    },
  }
}

/** A tab of the browser that is signed in. */
function openTab(sessionId: string | undefined, queryClient = new QueryClient()) {
  const ends: SessionEnd[] = []
  const page = (id: string | undefined) => (
    <QueryClientProvider client={queryClient}>
      <DevicesPage sessionId={id} onEnded={(end) => ends.push(end)} />
    </QueryClientProvider>
  )
  const { container, rerender, unmount } = render(page(sessionId))
  const tab = within(container)
  return {
    ends,
    becomes: (id: string | undefined) => rerender(page(id)),
    close: unmount,
    /** In whatever order: two may have signed in within the same millisecond. */
    shows: (...devices: string[]) =>
      waitFor(() => {
        const shown = tab
          .queryAllByRole('listitem')
          .map(({ textContent }) => textContent?.replace('Sign out', '').trim())
        expect(shown.toSorted()).toEqual(devices.toSorted())
      }, wait),
    isLive: (live: boolean) => waitFor(() => expect(tab.queryByText('Devices (live)') !== null).toBe(live), wait),
    press: (name: string) => fireEvent.click(tab.getByRole('button', { name })),
    alert: async () => (await tab.findByRole('alert', {}, wait)).textContent,
  }
}

test('the page of the README lists the devices of any router, follows what happens to them, and ends them', async () => {
  await using app = await startApp()
  const there = await app.signIn(phone)
  const tab = openTab(app.here.id)
  await tab.shows('Firefox on Linux', 'Safari on iPhone')
  await tab.isLive(true)

  tab.press('Sign out')
  await tab.shows('Firefox on Linux')
  expect(await app.store.validate(there.token)).toBeNull()

  await app.signIn(tablet)
  await app.signIn(phone)
  await tab.shows('Firefox on Linux', 'Safari on iPhone', 'Chrome on Android')
  tab.press('Sign out all others')
  await tab.shows('Firefox on Linux')
  expect(await app.store.count('ada')).toBe(1)
  expect(tab.ends).toEqual([])
})

test.each([
  ['by a lock', () => undefined],
  ['without locks', () => stubLocks(undefined)],
])(
  'one tab listens for all, and the next one when it leaves; each gets the end, and by whom: %s',
  async (_, prepare) => {
    prepare()
    await using app = await startApp()
    const there = await app.signIn(phone)
    const first = openTab(app.here.id)
    await first.isLive(true)
    const others = [openTab(app.here.id), openTab(app.here.id)]
    for (const tab of others) await tab.isLive(true)
    expect(app.streams.size()).toBe(1)

    first.close()
    await app.signIn(tablet)
    for (const tab of others) await tab.shows('Firefox on Linux', 'Chrome on Android', 'Safari on iPhone')
    await waitFor(() => expect(app.streams.size()).toBe(1), wait)
    await app.store.revokeOthers(there.token)
    const end = {
      type: 'ended',
      cause: 'revoke-others',
      by: { isSelf: false, browser: 'Safari', os: 'iPhone' },
      at: expect.any(String),
    }
    for (const tab of others) await waitFor(() => expect(tab.ends).toEqual([end]), wait)
    for (const tab of others) await tab.isLive(false)
    expect(first.ends).toEqual([])
  },
)

describe('without locks', () => {
  beforeEach(() => stubLocks(undefined))

  test('of seven tabs that claim to be the one, one remains', async () => {
    await using app = await startApp()
    vi.spyOn(Math, 'random').mockReturnValue(0) // all of them wait for as long
    const tabs = Array.from({ length: 7 }, () => openTab(app.here.id))
    for (const tab of tabs) await tab.isLive(true)
    await waitFor(() => expect(app.streams.size()).toBe(1), wait)
    await app.signIn(phone)
    for (const tab of tabs) await tab.shows('Firefox on Linux', 'Safari on iPhone')
    expect(app.streams.size()).toBe(1)
  })

  test('a tab alone opens its stream within a tenth of a second', () => {
    vi.useFakeTimers()
    const left = new AbortController()
    const work = vi.fn()
    elect('alone', left.signal, work)
    expect(work).not.toHaveBeenCalled()
    vi.advanceTimersByTime(100)
    expect(work).toHaveBeenCalledOnce()
    left.abort()
  })

  test('a tab that does not answer any more is replaced', async () => {
    await using app = await startApp()
    const frozen = new BroadcastChannel(`rollcall.listens.${app.here.id}`)
    const kinds: string[] = []
    frozen.addEventListener('message', ({ data: { kind } }: MessageEvent<{ kind: string }>) => kinds.push(kind))
    const tab = openTab(app.here.id)
    await waitFor(() => expect(kinds).toContain('ask'), wait)
    frozen.postMessage({ kind: 'claim', id: '0' })
    // A busy machine may deliver that only after a claim of the tab, which then steps back.
    await waitFor(() => expect(kinds.filter((kind) => kind === 'ask')).toHaveLength(2), wait)
    await tab.isLive(true)
    await waitFor(() => expect(app.streams.size()).toBe(1), wait)
    frozen.close()
  })
})

test('a stream that its server closes is opened again within a second', async () => {
  await using app = await startApp()
  const tab = openTab(app.here.id)
  await tab.isLive(true)
  vi.spyOn(Math, 'random').mockReturnValue(0.99)
  const delays = vi.spyOn(globalThis, 'setTimeout')
  const rotated = await app.store.rotate(app.here.token) // closes its streams, as a server does that shuts down
  if (rotated === null) throw new Error('The session has ended')
  app.here.token = rotated.token
  await tab.isLive(false)
  await tab.isLive(true)
  expect(delays.mock.calls.map(([, ms]) => ms)).toContain(990) // and not 2 to 4 s, as after a failure
})

test('with heartbeats, a stream whose connection fell silent is opened again', async () => {
  await using app = await startApp({ heartbeat: { every: 200, patience: 2_000 } })
  const { answer } = network
  let streams = 0
  let isSilent = false
  network.answer = async (request) => {
    const response = await answer(request)
    if (!request.url.includes('changes') || (streams += 1) > 1) return response
    // As after the sleep of a laptop: nothing arrives any more, and nothing is closed.
    const transform = (chunk: Uint8Array, to: TransformStreamDefaultController<Uint8Array>) => {
      if (!isSilent) to.enqueue(chunk)
    }
    return new Response(response.body?.pipeThrough(new TransformStream({ transform })) ?? null, response)
  }
  const tab = openTab(app.here.id)
  await tab.isLive(true)
  isSilent = true
  await app.signIn(phone)
  await tab.shows('Firefox on Linux', 'Safari on iPhone')
  expect(streams).toBe(2)
})

test('a session that ended while nobody listened is found out', async () => {
  await using app = await startApp()
  await app.store.revoke('ada', app.here.id)
  const tab = openTab(app.here.id)
  await waitFor(() => expect(tab.ends).toMatchObject([{ cause: 'unknown', by: null }]), wait)
})

test('a refusal of the stream, and of the list too, is no end: the new secret may be on its way', async () => {
  await using app = await startApp()
  app.nextTokens.push('one that was replaced')
  const tab = openTab(app.here.id)
  await tab.isLive(true)
  expect(app.nextTokens).toEqual([])

  // Once more, which is no second refusal in a row.
  const replaced = app.here.token
  app.nextTokens.push(replaced)
  const rotated = await app.store.rotate(replaced)
  if (rotated === null) throw new Error('The session has ended')
  app.here.token = rotated.token
  await waitFor(() => expect(app.nextTokens).toEqual([]), wait)
  await tab.isLive(true)
  expect(tab.ends).toEqual([])
})

test('a cookie that is refused twice is followed further: its new secret may take longer, and nobody was signed out', async () => {
  await using app = await startApp()
  vi.spyOn(Math, 'random').mockReturnValue(0) // the shortest pauses
  const rotated = await app.store.rotate(app.here.token)
  if (rotated === null) throw new Error('The session has ended')
  app.nextTokens.push(app.here.token, app.here.token)
  app.here.token = rotated.token
  const tabs = [openTab(app.here.id), openTab(app.here.id)]
  for (const tab of tabs) await waitFor(() => expect(tab.ends).toMatchObject([{ cause: 'unknown' }]), wait)
  for (const tab of tabs) await tab.isLive(true)
  await app.signIn(phone)
  for (const tab of tabs) await tab.shows('Firefox on Linux', 'Safari on iPhone')

  await app.store.revoke('ada', app.here.id)
  for (const tab of tabs) await waitFor(() => expect(tab.ends).toMatchObject([{}, { cause: 'revoke' }]), wait)
})

test('an outage is no end: the list says that it does not follow, until it does again', async () => {
  await using app = await startApp({ commandTimeout: 500 })
  const tab = openTab(app.here.id)
  await tab.isLive(true)
  app.pause()
  try {
    await tab.isLive(false)
    await tab.shows('Firefox on Linux')
  } finally {
    app.resume()
  }
  await tab.isLive(true)
  expect(tab.ends).toEqual([])
})

test('what needs the password first says so, and did nothing', async () => {
  await using app = await startApp({ isRecent: () => false })
  const there = await app.signIn(phone)
  const tab = openTab(app.here.id)
  await tab.shows('Firefox on Linux', 'Safari on iPhone')
  tab.press('Sign out')
  expect(await tab.alert()).toBe('proof-needed')
  expect(await app.store.validate(there.token)).not.toBeNull()
})

test('when the cookie has become the one of another session, everything is asked anew', async () => {
  await using app = await startApp()
  const queryClient = new QueryClient()
  const current = vi.fn(() => app.here.id)
  const Current = () => useQuery({ queryKey: ['the session'], queryFn: current }).data
  render(
    <QueryClientProvider client={queryClient}>
      <Current />
    </QueryClientProvider>,
  )
  await waitFor(() => expect(current).toHaveBeenCalledOnce())
  const tab = openTab('the session before', queryClient)
  await waitFor(() => expect(current.mock.calls.length).toBeGreaterThan(1), wait)
  await tab.isLive(false)
  expect(tab.ends).toEqual([])
})

test('a list is shown only to the session that it is for', async () => {
  await using app = await startApp()
  await app.signIn(phone)
  const { answer } = network
  network.answer = async (request) =>
    request.url.includes('changes') ? new Response(null, { status: 503 }) : answer(request)
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const tab = openTab(app.here.id, queryClient)
  await tab.shows('Firefox on Linux', 'Safari on iPhone')

  const own = { ...app.here }
  Object.assign(app.here, await app.signIn(tablet, 'grace')) // by another window
  await queryClient.invalidateQueries()
  expect(await tab.alert()).toBe('other-session')
  await tab.shows('Firefox on Linux', 'Safari on iPhone')
  tab.becomes(app.here.id)
  await tab.shows('Chrome on Android')

  Object.assign(app.here, own)
  tab.becomes(own.id)
  await tab.shows('Firefox on Linux', 'Safari on iPhone')
})

test('whoever signs in next on the page is shown nothing of the person before, not even until the stream speaks', async () => {
  await using app = await startApp()
  await app.signIn(phone)
  const grace = await app.signIn(tablet, 'grace')
  const tab = openTab(app.here.id)
  await tab.shows('Firefox on Linux', 'Safari on iPhone')
  await tab.isLive(true)

  const { answer } = network
  const held = new Map<string, () => void>()
  network.answer = async (request) => {
    await new Promise<void>((go) => held.set(request.url.includes('changes') ? 'stream' : 'list', go))
    return answer(request)
  }
  tab.becomes(undefined)
  await tab.shows()
  await tab.isLive(false)
  expect(held.size).toBe(0)

  Object.assign(app.here, grace)
  tab.becomes(grace.id)
  await waitFor(() => expect([...held.keys()].toSorted()).toEqual(['list', 'stream']), wait)
  await tab.shows()
  await tab.isLive(false)
  held.get('list')?.()
  await tab.shows('Chrome on Android')
  await tab.isLive(false)
  held.get('stream')?.()
  await tab.isLive(true)
})

test('without a session nothing is asked and nothing is followed', async () => {
  await using app = await startApp()
  const { answer } = network
  const asked = vi.fn(answer)
  network.answer = asked
  openTab(undefined)
  // A request of the page's would go in one batch with this one.
  await api.account.gadgets.list.query()
  expect(asked.mock.calls.map(([{ url }]) => new URL(url).pathname)).toEqual(['/trpc/account.gadgets.list'])
  expect(app.streams.size()).toBe(0)
})

test('what the README shows is the page of these tests, line by line', () => {
  const text = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  const lines = (code: string) =>
    code
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
  const shown = [...(/```tsx\n(.*?)```/gs.exec(text('../README.md')) ?? [])].slice(1).flatMap(lines)
  const own = lines(
    text('./own-page.tsx').replace('../src/index.js', '@rollcall/react').replace('account.gadgets', 'devices'),
  )
  expect(shown.length).toBeGreaterThan(15)
  expect(shown.filter((line) => !own.includes(line))).toEqual([])
})
