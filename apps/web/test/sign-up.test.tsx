/* oxlint-disable max-lines -- One stand-in for the API serves all of it. */
import { createMemoryHistory } from '@tanstack/react-router'
import { fireEvent, render, screen, waitFor } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createApp } from '../src/app.js'
import { serveFakeApi } from './fake-api.js'
import { network } from './network.js'

let api: ReturnType<typeof serveFakeApi>
/** The bodies of the posts below `/api/auth/sign-up`, by the end of their path. */
let posts: [string, unknown][]
/** Statuses of refusals, by path. A call without one is answered as by a server that works. */
let statuses: Map<string, number>

beforeEach(() => {
  api = serveFakeApi()
  api.always = 'UNAUTHORIZED'
  posts = []
  statuses = new Map()
  const { answer } = network
  network.answer = async (request) => {
    const { pathname } = new URL(request.url)
    const [, action] = pathname.split('/api/auth/sign-up/')
    if (request.method === 'POST' && action !== undefined) posts.push([action, await request.clone().json()])
    const status = statuses.get(pathname)
    return status === undefined ? answer(request) : Response.json({ code: 'NO' }, { status })
  }
})

afterEach(() => void vi.restoreAllMocks())

/** The time zone of mails to a new account. */
const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone

const press = async (name: string) => fireEvent.click(await screen.findByRole('button', { name }))
const type = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } })
const emailField = () => screen.getByLabelText<HTMLInputElement>('Email address')

async function open(path: string, title: string) {
  const history = createMemoryHistory({ initialEntries: [path] })
  render(createApp(history))
  await screen.findByRole('heading', { name: title, level: 1 })
  return history
}

describe('where the address is confirmed first', () => {
  beforeEach(() => {
    api.signUpPolicy = { confirmsAddress: true }
  })

  test('the page asks for it alone, sends the link, says how long it works, and goes back to another address', async () => {
    await open('/sign-up', 'Create an account')
    expect(screen.getByText('We’ll email you a link to finish your account.')).toBeTruthy()
    expect(screen.queryByLabelText('Name')).toBeNull()
    expect(screen.queryByLabelText('Password')).toBeNull()
    await press('Send link')
    await waitFor(() => expect(document.activeElement).toBe(emailField()))
    expect(posts).toEqual([])

    type('Email address', 'ada@example.org')
    await press('Send link')
    const heading = await screen.findByRole('heading', { name: 'Check your email' })
    await waitFor(() => expect(document.activeElement).toBe(heading))
    expect(posts).toEqual([['request', { email: 'ada@example.org', language: 'en' }]])
    expect(screen.getByText('ada@example.org')).toBeTruthy()
    expect(screen.getByText(/works once, within an hour/)).toBeTruthy()
    expect(screen.getByText(/Check your spam folder/)).toBeTruthy()

    await press('Change the address or send again')
    await screen.findByRole('heading', { name: 'Create an account' })
    expect(emailField().value).toBe('ada@example.org')
  })

  test('the page that was asked for goes along', async () => {
    await open('/activity', 'Sign in')
    fireEvent.click(screen.getByRole('link', { name: 'Create an account' }))
    await screen.findByRole('heading', { name: 'Create an account' })
    type('Email address', 'ada@example.org')
    await press('Send link')
    await screen.findByRole('heading', { name: 'Check your email' })
    expect(posts).toEqual([['request', { email: 'ada@example.org', language: 'en', returnTo: '/activity' }]])
  })

  test.each([
    [503, 'Rollcall isn’t available right now. Try again in a moment.'],
    [429, 'Too many attempts. Wait a moment and try again.'],
  ])('an answer of %d is not called a link that was sent', async (status, message) => {
    await open('/sign-up', 'Create an account')
    type('Email address', 'ada@example.org')
    statuses.set('/api/auth/sign-up/request', status)
    await press('Send link')
    await screen.findByText(message)
    expect(emailField().value).toBe('ada@example.org')
    statuses.clear()
    fireEvent.click(await screen.findByRole('button', { name: 'Send link' }))
    await screen.findByRole('heading', { name: 'Check your email' })
  })

  test('an address that the server refuses is marked', async () => {
    await open('/sign-up', 'Create an account')
    type('Email address', 'ada@example.org')
    api.authRefusals.set('/api/auth/sign-up/request', 'INVALID_EMAIL')
    await press('Send link')
    await waitFor(() => expect(emailField().getAttribute('aria-invalid')).toBe('true'))
  })

  test('it speaks German', async () => {
    vi.spyOn(navigator, 'languages', 'get').mockReturnValue(['de'])
    await open('/sign-up', 'Konto erstellen')
    type('E-Mail-Adresse', 'ada@example.org')
    await press('Link senden')
    await screen.findByRole('heading', { name: 'Sehen Sie in Ihr Postfach' })
    expect(posts).toEqual([['request', { email: 'ada@example.org', language: 'de' }]])
  })
})

test('a sign-up that confirms no address says so, and that it signs in at once', async () => {
  const history = await open('/sign-up', 'Create an account')
  expect(screen.getByText('You’ll be signed in right away. We don’t check your email address.')).toBeTruthy()
  fillAccount()
  type('Email address', 'ada@example.org')
  api.always = null
  await press('Create account')
  await waitFor(() => expect(history.location.pathname).toBe('/'))
  expect(posts).toEqual([
    [
      'email',
      { name: 'Ada', email: 'ada@example.org', password: 'correct horse battery', language: 'en', timeZone: ZONE },
    ],
  ])
})

test('a server without the question signs up at once', async () => {
  statuses.set('/api/auth/sign-up/policy', 404)
  await open('/sign-up', 'Create an account')
  expect(screen.getByLabelText('Name')).toBeTruthy()
})

test('a server that says nothing keeps nobody from the page', async () => {
  const waiting = new AbortController()
  vi.spyOn(AbortSignal, 'timeout').mockReturnValue(waiting.signal)
  const { answer } = network
  network.answer = (request) =>
    request.url.endsWith('/policy')
      ? new Promise((_, reject) => {
          request.signal.addEventListener('abort', () => reject(new DOMException('late', 'TimeoutError')))
          waiting.abort()
        })
      : answer(request)
  await open('/sign-up', 'Create an account')
  expect(screen.getByRole('button', { name: 'Try again' })).toBeTruthy()
})

describe('without an answer about how to sign up', () => {
  beforeEach(() => void statuses.set('/api/auth/sign-up/policy', 503))

  test.each([
    [false, 'Create account'],
    [true, 'Send link'],
  ])('the page asks again, and keeps the address (confirms it: %s)', async (confirmsAddress, button) => {
    await open('/sign-up', 'Create an account')
    expect(screen.queryByLabelText('Name')).toBeNull()
    type('Email address', 'ada@example.org')
    statuses.clear()
    api.signUpPolicy = { confirmsAddress }
    await press('Try again')
    await screen.findByRole('button', { name: button })
    expect(emailField().value).toBe('ada@example.org')
    expect(screen.queryByRole('button', { name: 'Try again' })).toBeNull()
    await waitFor(() => expect(document.activeElement?.textContent).toBe('Create an account'))
  })

  test('the server decides: a link goes out', async () => {
    await open('/sign-up', 'Create an account')
    type('Email address', 'ada@example.org')
    await press('Continue')
    await screen.findByRole('heading', { name: 'Check your email' })
  })

  test('the server decides: it wants the whole form', async () => {
    await open('/sign-up', 'Create an account')
    type('Email address', 'ada@example.org')
    statuses.set('/api/auth/sign-up/request', 404)
    await press('Continue')
    await screen.findByLabelText('Name')
    expect(emailField().value).toBe('ada@example.org')
  })

  test('the page asks anew when it is opened again, before it is shown', async () => {
    const history = await open('/sign-up', 'Create an account')
    fireEvent.click(screen.getByRole('link', { name: 'Sign in' }))
    await screen.findByRole('heading', { name: 'Sign in' })
    statuses.clear()
    const { answer } = network
    const isShown = (): boolean => screen.queryByRole('button', { name: 'Try again' }) !== null
    let wasShown = false
    network.answer = async (request) => {
      // The page has some turns of the event loop to show the earlier answer.
      for (let turn = 0; turn < 20 && request.url.endsWith('/policy') && !wasShown; turn += 1) {
        await new Promise((resolve) => setTimeout(resolve))
        wasShown = isShown()
      }
      return answer(request)
    }
    history.back()
    await screen.findByLabelText('Name')
    expect(wasShown).toBe(false)
  })
})

test('a form that the server has closed meanwhile makes room for the address alone', async () => {
  await open('/sign-up', 'Create an account')
  fillAccount()
  type('Email address', 'ada@example.org')
  statuses.set('/api/auth/sign-up/email', 404)
  await press('Create account')
  await screen.findByRole('button', { name: 'Send link' })
  expect(emailField().value).toBe('ada@example.org')
})

describe('the link that finishes an account', () => {
  const path = '/finish-sign-up?token=good'
  beforeEach(() => {
    api.link = { signIn: null, signUp: { email: 'ada@example.org' } }
  })

  test('shows its address, asks for name and password, signs in and shows the devices', async () => {
    const history = await open(path, 'Finish your account')
    expect(screen.getByText('ada@example.org')).toBeTruthy()
    expect(screen.getByText(/At least 15 characters/)).toBeTruthy()
    await press('Create account')
    await screen.findByText('Enter a name.', { selector: 'a' })
    expect(posts).toEqual([])
    fillAccount()
    api.always = null
    await press('Create account')
    await waitFor(() => expect(history.location.pathname).toBe('/'))
    expect(posts).toEqual([
      ['finish', { token: 'good', name: 'Ada', password: 'correct horse battery', rememberMe: true, timeZone: ZONE }],
    ])
  })

  test.each([
    ['/activity', '/activity'],
    ['https://evil.example/activity', '/'],
    ['//evil.example', '/'],
  ])('leads to a page of the account alone: %s to %s, signed in for as long as was chosen', async (wish, shown) => {
    const history = await open(`${path}&returnTo=${encodeURIComponent(wish)}`, 'Finish your account')
    fillAccount()
    fireEvent.click(screen.getByLabelText('Keep me signed in'))
    api.always = null
    await press('Create account')
    await screen.findAllByText('Ada Lovelace')
    expect(history.location.pathname).toBe(shown)
    expect(posts).toMatchObject([['finish', { rememberMe: false }]])
  })

  test.each([
    ['INVALID_NAME', 'Name', 'Use up to 100 letters, numbers and symbols.'],
    ['PASSWORD_EASY_TO_GUESS', 'Password', 'This password is easy to guess. Try a few unrelated words.'],
  ])('says %s at the field', async (code, label, message) => {
    await open(path, 'Finish your account')
    fillAccount()
    api.authRefusals.set('/api/auth/sign-up/finish', code)
    await press('Create account')
    await waitFor(() => expect(screen.getByLabelText(label).getAttribute('aria-invalid')).toBe('true'))
    expect(screen.getByText(message, { selector: 'p' })).toBeTruthy()
  })

  test('outlasts an outage', async () => {
    const history = await open(path, 'Finish your account')
    fillAccount()
    statuses.set('/api/auth/sign-up/finish', 503)
    await press('Create account')
    await screen.findByText('Rollcall isn’t available right now. Try again in a moment.')
    statuses.clear()
    api.always = null
    fireEvent.click(await screen.findByRole('button', { name: 'Create account' }))
    await waitFor(() => expect(history.location.pathname).toBe('/'))
  })

  test('that is dead says so, and leads to a new one', async () => {
    api.link = null
    await open(path, 'This link no longer works')
    expect(screen.getByRole('link', { name: 'Sign in' })).toBeTruthy()
    fireEvent.click(screen.getByRole('link', { name: 'Get a new link' }))
    await screen.findByRole('heading', { name: 'Create an account' })
  })

  test('that another window has used says so once it is sent', async () => {
    await open(path, 'Finish your account')
    fillAccount()
    api.authRefusals.set('/api/auth/sign-up/finish', 'INVALID_TOKEN')
    await press('Create account')
    await screen.findByRole('heading', { name: 'This link no longer works' })
  })

  test('that nobody can look up now is not called dead, and asks for nothing without its address', async () => {
    statuses.set('/api/link', 503)
    await open(path, 'Finish your account')
    expect(screen.queryByLabelText('Password')).toBeNull()
    statuses.clear()
    await press('Try again')
    await screen.findByText('ada@example.org')
    await screen.findByLabelText('Password')
  })
})

function fillAccount(): void {
  type('Name', 'Ada')
  type('Password', 'correct horse battery')
}
