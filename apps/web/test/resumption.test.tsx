import { createMemoryHistory } from '@tanstack/react-router'
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createApp } from '../src/app.js'
import { serveFakeApi } from './fake-api.js'
import { network } from './network.js'

// A person asks for something, leaves the page to confirm at a provider who they are, and comes back.

let api: ReturnType<typeof serveFakeApi>
/** Calls below `/api/auth` that came after the proof: path and body. */
let calls: string[]
/** The answer to that of the provider. */
let proof: { status: number; body: object }
let methods: object[]
const leave = vi.fn<(url: string | URL) => void>()

beforeEach(() => {
  api = serveFakeApi()
  api.needsProof = true
  calls = []
  proof = { status: 200, body: { purpose: 'prove' } }
  methods = [{ kind: 'passkey' }, { kind: 'two-factor' }]
  leave.mockClear()
  vi.spyOn(window.location, 'assign').mockImplementation(leave)
  vi.stubGlobal('PublicKeyCredential', () => undefined)
  const { answer } = network
  let returnTo = ''
  network.answer = async (request) => {
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
})
afterEach(() => {
  vi.restoreAllMocks()
  Reflect.deleteProperty(globalThis, 'PublicKeyCredential')
  sessionStorage.clear()
})

/** Or a check box. Not by role, which takes seconds in pages as large as these. */
const button = (name: string) =>
  waitFor(() => {
    const all = [...document.querySelectorAll<HTMLElement>('button, [type=checkbox]')]
    const found = all.find((one) => (one.getAttribute('aria-label') ?? one.textContent).startsWith(name))
    if (found === undefined) throw new Error(`No button ${name}`)
    return found
  })
const press = async (name: string) => fireEvent.click(await button(name))
const type = async (label: string, value: string) =>
  fireEvent.change(await screen.findByLabelText(label), { target: { value } })
const words = (part: string) => screen.findByText((text) => text.includes(part))

function show(path: string) {
  const history = createMemoryHistory({ initialEntries: [path] })
  render(createApp(history))
  return history
}

/** Asks on a page, and leaves it for the provider. */
async function ask(
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

const comeBack = () => show('/provider/acme')

const signOutFirefox = ['Sign out Firefox on Windows 11', 'Yes, sign out']

const firefox = { id: 'there', browser: 'Firefox', os: 'Windows 11', kind: 'desktop', isCurrent: false } as const

describe('a proof at a provider is followed by what was asked:', () => {
  test.each([
    ['one device', signOutFirefox, 'Firefox on Windows 11 was signed out.'],
    ['all others', ['Sign out all other devices (2)', 'Yes, sign out'], 'All other devices were signed out.'],
    [
      'those that were chosen',
      ['Choose devices', 'Choose Firefox on Windows 11', 'Sign out 1 device', 'Yes, sign out'],
      '1 sign-in has ended.',
    ],
    [
      'an earlier sign-in',
      ['Sign out Chrome on macOS, signed in since', 'Yes, sign out'],
      'The earlier sign-in on Chrome on macOS was signed out.',
    ],
    [
      'one that was not me',
      ['It was not me: Firefox on Windows 11', 'Sign out and continue'],
      'Firefox on Windows 11 is signed out. Now choose a new password',
    ],
  ])('sign out %s', async (_, buttons, said) => {
    api.devices = [
      { id: 'here', browser: 'Chrome', os: 'macOS', kind: 'desktop', isCurrent: true, deviceId: 'd' },
      { id: 'earlier', browser: 'Chrome', os: 'macOS', kind: 'desktop', isCurrent: false, deviceId: 'd' },
      firefox,
      { ...firefox, id: 'third', browser: 'Opera' },
    ]
    api.unusual.set('there', ['new-browser'])
    await ask('/', buttons)
    expect(api.devices).toHaveLength(4)
    comeBack()
    await words(said)
    expect(api.devices.length).toBeLessThan(4)
  })

  test('"It was not me", said in the activity', async () => {
    const device = { ...firefox, name: null, ipAddress: null, place: null }
    const signIn = { sessionId: 'there', signs: [] }
    api.activity = [{ id: '1', type: 'signed-in', device, by: null, newName: null, signIn }]
    await ask('/activity', ['It was not me: Firefox on Windows 11', 'Sign out and continue'])
    const history = comeBack()
    await words('Firefox on Windows 11 is signed out. Now choose a new password')
    expect(api.devices).toHaveLength(1)
    expect(history.location.pathname).toBe('/security')
  })

  test.each([
    ['remove a passkey', ['Remove Work key', 'Yes, remove'], '/passkey/remove {"id":"key"}', 'was removed'],
    ['unlink a provider', ['Unlink Acme', 'Yes, unlink'], '/provider/unlink {"id":"acme-1"}', 'was unlinked'],
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
      'The second factor is off.',
    ],
    [
      'get new backup codes',
      ['New backup codes', 'Get new codes'],
      '/two-factor/generate-backup-codes {"revokeOtherSessions":true}',
      null,
    ],
  ])('%s', async (_, buttons, call, said) => {
    await ask('/security', buttons)
    expect(calls).toEqual([])
    comeBack()
    await waitFor(() => expect(calls).toContain(call))
    if (said !== null) await words(said)
  })

  test('change the address', async () => {
    await ask('/account', ['Change address'], () => type('New email address', 'new@example.org'))
    expect(api.emailChange).toBeNull()
    comeBack()
    await words('We sent a link to')
    expect(api.emailChange).toEqual({ email: 'new@example.org' })
  })
})

test('a new password is not kept: its form is empty, and says so', async () => {
  await ask('/security', ['Set password'], async () => {
    await words('Your account has no password yet')
    await type('New password', 'a good first password')
  })
  expect(sessionStorage.getItem('rollcall.pendingAction')).not.toContain('good first')
  comeBack()
  await words('Please type the new password again')
  const field = screen.getByLabelText<HTMLInputElement>('New password')
  expect(field.value).toBe('')
  expect(document.activeElement).toBe(field)
  expect(calls).toEqual([])
})

test('the question before a deletion is asked again', async () => {
  await ask('/account', ['Delete account', 'Yes, delete my account'])
  comeBack()
  await words('Nothing was deleted yet')
  expect(api.isDeleted).toBe(false)
  await press('Yes, delete my account')
  await words('Your account was deleted')
  expect(api.isDeleted).toBe(true)
})

test('a refused proof drops what was asked, and says so', async () => {
  await ask('/', signOutFirefox)
  proof = { status: 403, body: { code: 'PROVIDER_PROOF_REFUSED' } }
  comeBack()
  await words('What you had asked for was not done.')
  cleanup()
  proof = { status: 200, body: { purpose: 'prove' } }
  comeBack()
  await words('Confirmed. You can go on now.')
  expect(api.devices).toHaveLength(2)
})

test('after an outage the answer of the provider can be sent again, and then goes on', async () => {
  await ask('/', signOutFirefox)
  proof = { status: 503, body: {} }
  comeBack()
  const again = await button('Try again')
  expect(screen.queryByText(/was not done/)).toBeNull()
  proof = { status: 200, body: { purpose: 'prove' } }
  fireEvent.click(again)
  await words('Firefox on Windows 11 was signed out.')
})

test('why it fails is shown, and it is not tried again', async () => {
  await ask('/', signOutFirefox)
  const { answer } = network
  network.answer = async (request) =>
    request.url.includes('devices.revoke') ? new Response('', { status: 503 }) : answer(request)
  comeBack()
  await words('Firefox on Windows 11 may still be signed in.')
  expect(api.devices).toHaveLength(2)
  cleanup()
  network.answer = answer
  show('/')
  await button('Sign out Firefox on Windows 11')
  expect(api.mutations).toBe(1)
})

test.each([
  ['for another session', () => (api.session = { id: 'bobs', user: { ...api.session.user, name: 'Bob Byte' } })],
  ['after ten minutes', () => void vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 10 * 60_000)],
])('nothing goes on %s', async (_, change) => {
  await ask('/', signOutFirefox)
  change()
  comeBack()
  await button('Sign out Firefox on Windows 11')
  expect(api.devices).toHaveLength(2)
})

test('a sign-in at a provider goes on with nothing', async () => {
  await ask('/', signOutFirefox)
  proof = { status: 200, body: { purpose: 'sign-in' } }
  comeBack()
  await button('Sign out Firefox on Windows 11')
  expect(api.devices).toHaveLength(2)
})
