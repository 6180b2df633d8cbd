import { createMemoryHistory } from '@tanstack/react-router'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import { createApp } from '../src/app.js'
import { serveFakeApi } from './fake-api.js'
import { network } from './network.js'

/** A person asks for something, leaves the page to confirm at a provider who they are, and comes back. */
export const trip = {
  api: serveFakeApi(),
  /** Calls below `/api/auth` that came after the proof: path and body. */
  calls: [] as string[],
  /** The answer to that of the provider. */
  proof: { status: 200, body: {} as object },
  methods: [] as { kind: string }[],
}
const leave = vi.fn<(url: string | URL) => void>()

/** For each test of the file that calls it. */
export function prepareTrips(): void {
  beforeEach(() => {
    trip.api = serveFakeApi()
    trip.api.needsProof = true
    trip.calls = []
    trip.proof = { status: 200, body: { purpose: 'prove' } }
    trip.methods = [{ kind: 'passkey' }, { kind: 'two-factor' }]
    leave.mockClear()
    vi.spyOn(window.location, 'assign').mockImplementation(leave)
    vi.stubGlobal('PublicKeyCredential', () => undefined)
    network.answer = withProvider(network.answer)
  })
  afterEach(() => {
    vi.restoreAllMocks()
    Reflect.deleteProperty(globalThis, 'PublicKeyCredential')
    sessionStorage.clear()
  })
}

function withProvider(answer: typeof network.answer): typeof network.answer {
  let returnTo = ''
  return async (request) => {
    const { api, calls, proof, methods } = trip
    const path = new URL(request.url).pathname.replace('/api/auth', '')
    if (path.startsWith('/trpc') || path === '/reauthenticate/methods')
      return path === '/reauthenticate/methods' ? Response.json({ methods }) : answer(request)
    const body = await request.clone().text()
    if (path === '/provider/prove') {
      returnTo = (JSON.parse(body) as { returnTo: string }).returnTo
      return Response.json({ url: 'https://acme.example/' })
    }
    if (path === '/oauth2/callback/acme') {
      api.needsProof = proof.status !== 200
      return Response.json({ ...proof.body, returnTo }, { status: proof.status })
    }
    if (api.needsProof) return Response.json({ code: 'REAUTHENTICATE' }, { status: 403 })
    calls.push(`${path} ${body}`)
    return path === '/provider/link' ? Response.json({ url: 'https://beta.example/' }) : answer(request)
  }
}

/** Or a check box. Not by role, which takes seconds in pages as large as these. */
export const button = (name: string) =>
  waitFor(() => {
    const all = [...document.querySelectorAll<HTMLElement>('button, [type=checkbox]')]
    const found = all.find((one) => (one.getAttribute('aria-label') ?? one.textContent).startsWith(name))
    if (found === undefined) throw new Error(`No button ${name}`)
    return found
  })
export const press = async (name: string) => fireEvent.click(await button(name))
export const type = async (label: string, value: string) =>
  fireEvent.change(await screen.findByLabelText(label), { target: { value } })
export const words = (part: string) => screen.findByText((text) => text.includes(part))

export function show(path: string) {
  const history = createMemoryHistory({ initialEntries: [path] })
  render(createApp(history))
  return history
}

/** Asks on a page, and leaves it for the provider. */
export async function ask(
  path: string,
  buttons: readonly string[],
  begin: () => Promise<unknown> = async () => undefined,
): Promise<void> {
  show(path)
  await begin()
  for (const name of buttons) await press(name)
  await press('Confirm with Acme')
  await waitFor(() => expect(leave).toHaveBeenCalledWith('https://acme.example/'))
  cleanup()
}

export const comeBack = () => show('/provider/acme')

export const signOutFirefox = ['Sign out Firefox on Windows 11', 'Yes, sign out']

export const firefox = { id: 'there', browser: 'Firefox', os: 'Windows 11', kind: 'desktop', isCurrent: false } as const
