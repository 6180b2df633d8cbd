import { createMemoryHistory } from '@tanstack/react-router'
import { fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'
import { createApp } from '../src/app.js'
import { serveFakeApi } from './fake-api.js'
import { network } from './network.js'

/** Opens the page "Security". */
async function open(state: { hasPassword?: boolean; passkeys?: string[] } = {}) {
  const api = Object.assign(serveFakeApi(), state)
  render(createApp(createMemoryHistory({ initialEntries: ['/security'] })))
  // A provider that is not offered any more signs nobody in.
  await screen.findByRole('button', { name: 'Unlink Acme' })
  return api
}

test('the page says when the password was last used', async () => {
  await open()
  expect(await screen.findByText('Last used on Jan 5, 2026')).toBeTruthy()
})

test('each section says its state first', async () => {
  await open()
  const said = async (name: string) => (await screen.findByRole('region', { name })).textContent
  await screen.findByText('1 passkey')
  expect(await said('Password')).toMatch(/^PasswordLast used on Jan 5, 2026/)
  expect(await said('Passkeys')).toMatch(/^Passkeys1 passkey/)
  expect(await said('Linked accounts')).toMatch(/^Linked accounts1 linked account/)
})

const only = /^This is your only way to sign in\./

test('the only passkey cannot be removed, and the page says why in place of the button', async () => {
  await open({ hasPassword: false })
  expect(await screen.findAllByText(only)).toHaveLength(1)
  expect(screen.queryByRole('button', { name: 'Remove Work key' })).toBeNull()
  expect(screen.getByRole('button', { name: 'Rename Work key' })).toBeTruthy()
})

test('a password that is the only way in cannot be removed', async () => {
  await open({ passkeys: [] })
  expect(await screen.findAllByText(only)).toHaveLength(1)
  expect(screen.queryByRole('button', { name: 'Remove password' })).toBeNull()
})

test.each([
  ['Remove password', 'Yes, remove', '/password/remove', { hasPassword: false }, '/trpc/account.password'],
  ['Remove Work key', 'Yes, remove', '/passkey/remove', { passkeys: [] }, '/trpc/passkeys.list'],
])('%s: what was removed is never called the only way in', async (ask, yes, path, after, list) => {
  const api = await open()
  const { answer } = network
  let release = () => {}
  const late = new Promise<void>((resolve) => (release = resolve))
  const answered: string[] = []
  let isRemoved = false
  network.answer = async (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === `/api/auth${path}`) {
      isRemoved = true
      Object.assign(api, after)
    }
    if (isRemoved && pathname === list) await late
    const response = await answer(request)
    if (isRemoved) answered.push(pathname)
    return response
  }
  fireEvent.click(await screen.findByRole('button', { name: ask }))
  fireEvent.click(await screen.findByRole('button', { name: yes }))
  const others = ['/trpc/account.password', '/trpc/passkeys.list', '/trpc/providers.list'].filter((one) => one !== list)
  await waitFor(() => expect(answered).toEqual(expect.arrayContaining(others)))
  expect(screen.queryAllByText(only)).toEqual([])
  release()
  expect(await screen.findAllByText(only)).toHaveLength(1)
})

const choice = 'Also sign out my other devices'

test.each([
  ['Remove password', 'Yes, remove', '/api/auth/password/remove', false],
  ['Unlink Acme', 'Yes, unlink', '/api/auth/provider/unlink', false],
  ['Link Beta', null, '/api/auth/provider/link', true],
])(
  '%s: the choice about other devices stays with the question while a proof is asked for',
  async (ask, yes, path, end) => {
    const api = await open()
    api.authRefusals.set(path, 'REAUTHENTICATE')
    const press = async (name: string) => fireEvent.click(await screen.findByRole('button', { name }))
    await press(ask)
    if (yes !== null) await press(yes)
    const panel = (await screen.findByLabelText('Your password')).closest('div.rounded-lg')
    if (!(panel instanceof HTMLElement)) throw new Error('The proof has no panel')
    const box = within(panel).getByRole('checkbox', { name: choice })
    expect(box).toHaveProperty('checked', !end)
    fireEvent.click(box)
    expect(box).toHaveProperty('checked', end)
    const bodies = watchBodies(path)
    api.authRefusals.delete(path)
    fireEvent.change(within(panel).getByLabelText('Your password'), { target: { value: 'the password' } })
    fireEvent.click(within(panel).getByRole('button', { name: yes ?? 'Continue' }))
    await waitFor(() => expect(bodies).toMatchObject([{ revokeOtherSessions: end }]))
  },
)

/** The bodies that are sent to a path from now on. */
function watchBodies(path: string): unknown[] {
  const bodies: unknown[] = []
  const { answer } = network
  network.answer = async (request) => {
    if (new URL(request.url).pathname === path) bodies.push(await request.clone().json())
    return answer(request)
  }
  return bodies
}
