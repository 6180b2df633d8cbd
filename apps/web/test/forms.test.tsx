/* oxlint-disable max-lines -- One page after the other, by the same helpers. */
import { createMemoryHistory } from '@tanstack/react-router'
import { fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createApp } from '../src/app.js'
import { serveFakeApi } from './fake-api.js'
import { network } from './network.js'

let api: ReturnType<typeof serveFakeApi>
beforeEach(() => {
  api = serveFakeApi()
})
afterEach(() => void Reflect.deleteProperty(globalThis, 'PublicKeyCredential')) // only this: others are stubbed for all

const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }))
const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } })

async function open(path: string, title: string) {
  const history = createMemoryHistory({ initialEntries: [path] })
  render(createApp(history))
  await screen.findByRole('heading', { name: title, level: 1 })
  return history
}

function stranger(): void {
  api.always = 'UNAUTHORIZED'
}

/** Keeps calls below `/api/auth` waiting until the function that it returns is called. */
function holdAuth(): () => void {
  const { answer } = network
  let release = (): void => {}
  const promise = new Promise<void>((resolve) => (release = resolve))
  network.answer = async (request) => {
    if (new URL(request.url).pathname.startsWith('/api/auth/')) await promise
    return answer(request)
  }
  return release
}

test('a mended field is not red while the server is asked', async () => {
  stranger()
  await open('/sign-in', 'Sign in')
  press('Sign in')
  const email = screen.getByLabelText('Email address')
  await waitFor(() => expect(email.getAttribute('aria-invalid')).toBe('true'))
  const release = holdAuth()
  type('Email address', 'ada@example.org')
  type('Password', 'correct horse battery')
  fireEvent.click(await screen.findByRole('button', { name: 'Sign in' })) // once it is not busy any more
  await screen.findByRole('button', { name: 'Signing in…' })
  expect(email.getAttribute('aria-invalid')).toBeNull()
  expect(screen.queryByRole('alert')).toBeNull()
  release()
})

test('one mistake keeps the focus in its field, several move it to their summary', async () => {
  stranger()
  await open('/sign-in', 'Sign in')
  press('Sign in')
  await waitFor(() => expect(document.activeElement?.textContent).toContain('Enter your password.'))
  expect(document.activeElement?.textContent).toContain('Enter your email address.')
  type('Email address', 'ada@example.org')
  press('Sign in')
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('Password')))
  expect(screen.getByRole('alert').textContent).toBe('Enter your password.')
  expect(screen.queryByRole('link', { name: 'Enter your password.' })).toBeNull() // seen once, at its field
})

test('a wrong password leaves the focus in the only field', async () => {
  await open('/security', 'Security')
  await screen.findByLabelText('Current password')
  type('Current password', 'not mine')
  type('New password', 'a brand new password')
  api.authRefusals.set('/api/auth/change-password', 'INVALID_PASSWORD')
  press('Change password')
  await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('Current password')))
})

test('a call that is refused while a change replaces the cookie signs nobody out', async () => {
  const history = await open('/security', 'Security')
  await screen.findAllByText('Ada Lovelace')
  const release = holdAuth()
  type('Current password', 'mine')
  type('New password', 'a good new password')
  press('Change password')
  await screen.findByRole('button', { name: 'Changing your password…' })
  stranger() // for the old cookie
  let refused = 0
  const { answer } = network
  network.answer = async (request) => {
    const given = await answer(request)
    if (given.status === 401) refused += 1
    return given
  }
  window.dispatchEvent(new Event('visibilitychange'))
  await waitFor(() => expect(refused).toBeGreaterThan(0))
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate) // whoever asks again at once has asked
  api.always = null // with the new one
  release()
  await screen.findByRole('button', { name: 'Change password' })
  await screen.findAllByText('Ada Lovelace')
  expect(history.location.pathname).toBe('/security')
})

test('a first password is set after a proof in place, as it was typed', async () => {
  const { answer } = network
  const chosen: unknown[] = []
  let isProved = false
  const answers: Record<string, (request: Request) => Promise<Response>> = {
    '/api/auth/reauthenticate/methods': async () => Response.json({ methods: [{ kind: 'email-code' }] }),
    '/api/auth/reauthenticate/request-code': async () => Response.json({ status: true }),
    '/api/auth/reauthenticate/code': async () => {
      isProved = true
      return Response.json({ status: true })
    },
    '/api/auth/set-password': async (request) => {
      if (!isProved) return Response.json({ code: 'REAUTHENTICATE' }, { status: 403 })
      chosen.push(await request.json())
      return Response.json({ status: true })
    },
  }
  network.answer = (request) => (answers[new URL(request.url).pathname] ?? answer)(request)
  api.hasPassword = false
  await open('/security', 'Security')
  await screen.findByText('Not set')
  type('New password', 'a good first password')
  press('Set password')
  fireEvent.click(await screen.findByRole('button', { name: 'Email me a code' }))
  const field = await screen.findByLabelText('Code from the email')
  fireEvent.change(field, { target: { value: '1234 5678' } })
  press('Confirm')
  await screen.findByText('Your password was set. You can now sign in with it.')
  expect(chosen).toEqual([{ newPassword: 'a good first password', revokeOtherSessions: false }])
})

test.each([
  ['INVALID_NAME', 'Name', 'Use up to 100 letters, numbers and symbols.'],
  ['INVALID_EMAIL', 'Email address', 'Enter a valid email address, such as name@example.com.'],
])('a sign-up that is refused with %s says so at the field', async (code, label, message) => {
  stranger()
  await open('/sign-up', 'Create an account')
  type('Name', 'Ada')
  type('Email address', 'ada@example.org')
  type('Password', 'correct horse battery')
  api.authRefusals.set('/api/auth/sign-up/email', code)
  press('Create account')
  await waitFor(() => expect(screen.getByLabelText(label).getAttribute('aria-invalid')).toBe('true'))
  expect(screen.getAllByText(message).length).toBeGreaterThan(0)
})

describe('the typed email address', () => {
  test('goes along to the page for a forgotten password', async () => {
    stranger()
    await open('/sign-in', 'Sign in')
    type('Email address', 'ada@example.org')
    fireEvent.click(screen.getByRole('link', { name: 'Forgot your password?' }))
    await screen.findByRole('heading', { name: 'Forgot your password?' })
    expect(screen.getByLabelText<HTMLInputElement>('Email address').value).toBe('ada@example.org')
  })

  test('of who is signed in goes along, too', async () => {
    await open('/security', 'Security')
    await screen.findAllByText('ada@example.com')
    fireEvent.click(screen.getByRole('link', { name: 'Forgot your password?' }))
    await screen.findByRole('heading', { name: 'Forgot your password?' })
    expect(screen.getByLabelText<HTMLInputElement>('Email address').value).toBe('ada@example.com')
  })
})

describe('the page that was asked for', () => {
  test.each(['/activity', '/security'])('is shown after signing in: %s', async (path) => {
    stranger()
    const history = await open(path, 'Sign in')
    expect(history.location.search).toBe('')
    type('Email address', 'ada@example.com')
    type('Password', 'correct horse battery')
    api.always = null
    press('Sign in')
    await waitFor(() => expect(history.location.pathname).toBe(path))
  })

  test('is shown again when its session has ended and somebody signs in', async () => {
    const history = await open('/activity', 'Activity')
    await screen.findAllByText('Ada Lovelace')
    stranger()
    window.dispatchEvent(new Event('visibilitychange'))
    await screen.findByText(/^You were signed out\./)
    type('Email address', 'ada@example.com')
    type('Password', 'correct horse battery')
    api.always = null
    press('Sign in')
    await waitFor(() => expect(history.location.pathname).toBe('/activity'))
  })

  test('is forgotten by who signs out', async () => {
    const history = await open('/security', 'Security')
    await screen.findAllByText('Ada Lovelace')
    press('Sign out')
    await screen.findByText('You’re signed out on this device.')
    type('Email address', 'ada@example.com')
    type('Password', 'correct horse battery')
    press('Sign in')
    await waitFor(() => expect(history.location.pathname).toBe('/'))
  })
})

test('no address makes the sign-in page say that somebody was signed out', async () => {
  stranger()
  await open('/sign-in?notice=everywhere', 'Sign in')
  expect(screen.queryByRole('status')).toBeNull()
  expect(screen.queryByText(/signed out/)).toBeNull()
})

describe('the link of a mail', () => {
  test.each([
    ['/reset-password?token=used', 'Save new password'],
    ['/secure-account?token=used', 'It wasn’t me: sign out all devices'],
  ])('that is dead says so before anything is filled in: %s', async (path, button) => {
    api.link = null
    await open(path, 'This link no longer works')
    expect(screen.queryByRole('button', { name: button })).toBeNull()
  })

  test.each([
    ['/reset-password?token=good', 'Choose a new password', 503],
    ['/secure-account?token=good', 'Wasn’t you?', 429],
    ['/confirm-email?token=good', 'Confirm the email address', 503],
  ])('that nobody can look up now is not called dead: %s', async (path, title, status) => {
    const { answer } = network
    network.answer = async (request) =>
      new URL(request.url).pathname === '/api/link' ? Response.json({}, { status }) : answer(request)
    await open(path, title)
  })

  test('about a new device sends the mail again, until the link is over', async () => {
    api.link = { signIn: null }
    await open('/secure-account?token=good', 'Wasn’t you?')
    const sent: unknown[] = []
    let status = 200
    const { answer } = network
    network.answer = async (request) => {
      const { pathname } = new URL(request.url)
      if (!pathname.startsWith('/api/auth/secure-account')) return answer(request)
      sent.push([pathname, await request.json()])
      return Response.json(status === 200 ? { status: true } : { code: 'INVALID_TOKEN' }, { status })
    }
    press('It wasn’t me: sign out all devices')
    await screen.findByRole('heading', { name: 'All devices were signed out' })
    press('Send another link')
    await screen.findByText('Another link is on its way.')
    expect(sent).toEqual([
      ['/api/auth/secure-account', { token: 'good' }],
      ['/api/auth/secure-account/send-link', { token: 'good' }],
    ])
    status = 400
    press('Send another link')
    await screen.findByRole('heading', { name: 'This link no longer works' })
  })

  test('about a new device names the sign-in', async () => {
    api.link = {
      signIn: {
        browser: 'Safari',
        os: 'iPhone',
        name: null,
        ipAddress: '192.0.2.1',
        place: { kind: 'country', code: 'DE' },
        at: '2026-01-05T09:00:00.000Z',
      },
    }
    await open('/secure-account?token=good', 'Wasn’t you?')
    expect(screen.getByText(/^Safari on iPhone, Germany · 192\.0\.2\.1, .*2026/)).toBeTruthy()
    expect(screen.queryByText(/^These were added/)).toBeNull()
  })

  test('about a new device names what it takes away', async () => {
    api.link = {
      signIn: null,
      additions: [
        { kind: 'passkey', name: 'Laptop' },
        { kind: 'passkey', name: null },
        { kind: 'provider', name: 'Example' },
        { kind: 'second-factor' },
      ],
    }
    await open('/secure-account?token=good', 'Wasn’t you?')
    const list = screen.getByText(/^These were added since that sign-in/)
    expect(
      within(list)
        .getAllByRole('listitem')
        .map(({ textContent }) => textContent),
    ).toEqual(['Passkey “Laptop”', 'A passkey', 'Signing in with Example', 'Two-factor authentication'])
  })
})
