import { createMemoryHistory } from '@tanstack/react-router'
import { fireEvent, render, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { createApp } from '../src/app.js'
import { serveFakeApi } from './fake-api.js'
import { network } from './network.js'

afterEach(() => void vi.restoreAllMocks())

test.each([
  // Which change it was is not known: an operation on all accounts refuses sign-ins too.
  ['en', 'Sign in', 'CREDENTIALS_CHANGED', 'Your account was changed while you were signing in. Sign in again.'],
  [
    'de',
    'Anmelden',
    'CREDENTIALS_CHANGED',
    'Ihr Konto wurde während der Anmeldung geändert. Melden Sie sich noch einmal an.',
  ],
  ['en', 'Sign in', 'BANNED_USER', 'This account is blocked. Contact the people who run this site.'],
])(
  'a sign-in that fails for another reason is not called a wrong password (%s: %s, %s)',
  async (language, button, code, sentence) => {
    vi.spyOn(navigator, 'languages', 'get').mockReturnValue([language])
    serveFakeApi().always = 'UNAUTHORIZED'
    const { answer } = network
    network.answer = async (request) =>
      new URL(request.url).pathname === '/api/auth/sign-in/email'
        ? Response.json({ code }, { status: code === 'BANNED_USER' ? 403 : 409 })
        : answer(request)
    render(createApp(createMemoryHistory({ initialEntries: ['/sign-in'] })))

    await signIn(button)
    expect(await screen.findByText(sentence)).toBeTruthy()
  },
)

test('a browser that cannot do the check of the API shows that, and the form stays', async () => {
  serveFakeApi().always = 'UNAUTHORIZED'
  const { answer } = network
  network.answer = async (request) =>
    new URL(request.url).pathname === '/api/auth/sign-in/email'
      ? Response.json({ code: 'CHALLENGE_NEEDED', challenge: {} }, { status: 429, headers: { 'retry-after': '60' } })
      : answer(request)
  render(createApp(createMemoryHistory({ initialEntries: ['/sign-in'] })))
  await signIn('Sign in')
  expect(await screen.findByText(/this browser can’t do the required check/)).toBeTruthy()
  expect(await screen.findByRole('button', { name: 'Sign in' })).toBeTruthy()
  network.answer = async () => Response.json({}, { status: 503 })
  await signIn('Sign in')
  expect(await screen.findByText(/isn’t available right now/)).toBeTruthy()
  expect(screen.queryByText(/this browser can’t do the required check/)).toBeNull() // said of the try before
})

test('the step for a code says what was wrong with it, outlasts an outage, and goes back to the password once it is late', async () => {
  serveFakeApi().always = 'UNAUTHORIZED'
  const { answer } = network
  const refusals = [
    Response.json({ code: 'INVALID_CODE' }, { status: 401 }),
    Response.json({}, { status: 503 }),
    Response.json({ code: 'RATE_LIMITED' }, { status: 429, headers: { 'retry-after': '3600' } }),
    Response.json({ code: 'INVALID_TWO_FACTOR_COOKIE' }, { status: 401 }),
  ]
  network.answer = async (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/api/auth/sign-in/email') return Response.json({ twoFactorRedirect: true })
    return pathname === '/api/auth/two-factor/verify-totp' ? (refusals.shift() ?? answer(request)) : answer(request)
  }
  render(createApp(createMemoryHistory({ initialEntries: ['/sign-in'] })))
  await signIn('Sign in')
  for (const words of [
    /This code is wrong or was already used/,
    /Rollcall isn’t available right now/,
    /Wait 60 minutes/,
  ]) {
    const field = await screen.findByLabelText<HTMLInputElement>('Code')
    expect([field.autocomplete, field.inputMode]).toEqual(['one-time-code', 'numeric'])
    fireEvent.change(field, { target: { value: '123 456' } })
    fireEvent.click(screen.getByRole('button', { name: 'Sign in' }))
    expect((await screen.findAllByText(words)).length).toBeGreaterThan(0)
  }
  fireEvent.click(screen.getByRole('button', { name: 'Sign in' }))
  expect(await screen.findByText(/The code came too late/)).toBeTruthy()
  expect(screen.getByLabelText<HTMLInputElement>('Email address').value).toBe('ada@example.org')
})

async function signIn(button: string): Promise<void> {
  const submit = await screen.findByRole('button', { name: button })
  const form = submit.closest('form')
  for (const [name, value] of [
    ['email', 'ada@example.org'],
    ['password', 'right until now'],
  ] as const) {
    const field = form?.querySelector(`[name=${name}]`)
    if (field) fireEvent.change(field, { target: { value } })
  }
  fireEvent.click(submit)
}

test('who goes back from the code is signed in only as long as was chosen before', async () => {
  serveFakeApi().always = 'UNAUTHORIZED'
  const { answer } = network
  const chosen: unknown[] = []
  network.answer = async (request) => {
    if (new URL(request.url).pathname !== '/api/auth/sign-in/email') return answer(request)
    chosen.push(((await request.json()) as { rememberMe: unknown }).rememberMe)
    return Response.json({ twoFactorRedirect: true })
  }
  render(createApp(createMemoryHistory({ initialEntries: ['/sign-in'] })))
  fireEvent.click(await screen.findByLabelText('Keep me signed in'))
  await signIn('Sign in')
  fireEvent.click(await screen.findByRole('button', { name: 'Cancel' }))
  await signIn('Sign in')
  await screen.findByRole('button', { name: 'Cancel' })
  expect(chosen).toEqual([false, false])
})
