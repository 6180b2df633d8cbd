import { createMemoryHistory } from '@tanstack/react-router'
import { fireEvent, render, screen, waitFor } from '@testing-library/react'
import { beforeEach, expect, test } from 'vitest'
import { createApp } from '../src/app.js'
import { serveFakeApi } from './fake-api.js'

// Two windows of one browser share a cookie: what one signs in as, the other is too.

let api: ReturnType<typeof serveFakeApi>
beforeEach(() => {
  api = serveFakeApi()
})

const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }))

async function open(path: string) {
  const history = createMemoryHistory({ initialEntries: [path] })
  render(createApp(history))
  await screen.findAllByText('Ada Lovelace')
  return history
}

/** As another window does it. */
function signInAsBob(): void {
  api.session = { id: 'bobs', user: { name: 'Bob Byte', email: 'bob@example.com', isAdmin: false } }
  api.devices = [
    { id: 'bobs', browser: 'Chrome', os: 'macOS', kind: 'desktop', isCurrent: true },
    { id: 'bobs-phone', browser: 'Safari', os: 'iPhone', kind: 'phone', isCurrent: false },
  ]
}

function broadcast(message: object): void {
  const window = new BroadcastChannel('rollcall.session')
  window.postMessage(message)
  window.close()
}

test.each([
  ['Sign out the other device', 'Yes, sign out'],
  ['Sign out Firefox on Windows 11', 'Yes, sign out'],
])('a window that missed a sign-in ends nothing of the other person: %s', async (button, answer) => {
  await open('/')
  await screen.findByRole('heading', { name: 'Firefox on Windows 11' })
  signInAsBob()
  press(button)
  press(answer)
  await screen.findAllByText('Bob Byte')
  await screen.findByRole('heading', { name: 'Safari on iPhone' })
  expect(api.devices).toHaveLength(2)
  await screen.findByText('This browser is now signed in as Bob Byte.')
  expect(screen.queryByText('Ada Lovelace')).toBeNull()
})

test('nor does its "Sign out"', async () => {
  const history = await open('/')
  signInAsBob()
  press('Sign out')
  await screen.findAllByText('Bob Byte')
  expect(screen.getByRole('alert').textContent).toContain('signed in again in another window')
  expect(history.location.pathname).toBe('/')
})

test('nor a change of the password, and what was typed for the other account is gone', async () => {
  await open('/security')
  fireEvent.change(await screen.findByLabelText('Current password'), { target: { value: 'of Ada' } })
  fireEvent.change(screen.getByLabelText('New password'), { target: { value: 'a new one of Ada' } })
  signInAsBob()
  press('Change password')
  await screen.findAllByText('Bob Byte')
  await waitFor(() => expect(screen.getByLabelText<HTMLInputElement>('Current password').value).toBe(''))
  expect(screen.queryByText(/Your password was changed/)).toBeNull()
})

test('a window shows at once whose browser it is when another one signs in, and closes what was asked', async () => {
  await open('/')
  await screen.findByRole('heading', { name: 'Firefox on Windows 11' })
  press('Sign out Firefox on Windows 11')
  signInAsBob()
  broadcast({ type: 'signed-in' })
  await screen.findAllByText('Bob Byte')
  await screen.findByText('This browser is now signed in as Bob Byte.')
  expect(screen.queryByText('Ada Lovelace')).toBeNull()
  expect(screen.queryByRole('button', { name: 'Yes, sign out' })).toBeNull()
})

test.each([
  ['/account', 'New email address', () => undefined],
  ['/security', 'Current password', () => undefined],
  ['/', 'Your password', askForProof],
])('%s keeps what is typed when the same person signs in again in another window', async (path, label, prepare) => {
  await open(path)
  await prepare()
  const field = await screen.findByLabelText<HTMLInputElement>(label)
  fireEvent.change(field, { target: { value: 'half ty' } })
  api.session = { ...api.session, user: { ...api.session.user, name: 'Ada Byron' } }
  broadcast({ type: 'signed-in' })
  await screen.findAllByText('Ada Byron')
  expect(screen.getByLabelText(label)).toBe(field)
  expect(field.value).toBe('half ty')
})

async function askForProof(): Promise<void> {
  api.needsProof = true
  await screen.findByRole('heading', { name: 'Firefox on Windows 11' })
  press('Sign out Firefox on Windows 11')
  press('Yes, sign out')
}

test('a window shows nobody while it is not known who signed in in another one', async () => {
  await open('/')
  signInAsBob()
  api.always = 'SERVICE_UNAVAILABLE'
  broadcast({ type: 'signed-in' })
  await screen.findByRole('button', { name: 'Try again' })
  expect(screen.queryByText('Ada Lovelace')).toBeNull()
  api.always = null
  press('Try again')
  await screen.findAllByText('Bob Byte')
})

test('signing in reports to the other windows', async () => {
  api.always = 'UNAUTHORIZED'
  const other = new BroadcastChannel('rollcall.session')
  // A page of the test before may still say that its session is over.
  const received = new Promise((resolve) =>
    other.addEventListener('message', ({ data }: MessageEvent<{ type: string }>) => {
      if (data.type !== 'signed-out') resolve(data)
    }),
  )
  render(createApp(createMemoryHistory({ initialEntries: ['/sign-in'] })))
  fireEvent.change(await screen.findByLabelText('Email address'), { target: { value: 'ada@example.com' } })
  fireEvent.change(screen.getByLabelText('Password'), { target: { value: 'correct horse battery' } })
  api.always = null
  press('Sign in')
  expect(await received).toEqual({ type: 'signed-in' })
  other.close()
  await screen.findAllByText('Ada Lovelace')
})

test('a sign-in page stays as it is, and shows a way to the account', async () => {
  api.always = 'UNAUTHORIZED'
  render(createApp(createMemoryHistory({ initialEntries: ['/sign-in'] })))
  const email = await screen.findByLabelText<HTMLInputElement>('Email address')
  fireEvent.change(email, { target: { value: 'half ty' } })
  api.always = null
  broadcast({ type: 'signed-in' })
  await screen.findByText(/signed in from another window/)
  expect(email.value).toBe('half ty')
  fireEvent.click(screen.getByRole('link', { name: 'Go to your devices' }))
  await screen.findAllByText('Ada Lovelace')
})
