import { createMemoryHistory } from '@tanstack/react-router'
import { fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'
import { createApp } from '../src/app.js'
import { serveFakeApi } from './fake-api.js'
import { network } from './network.js'

/** Opens the page "Security". */
async function open(ways: number) {
  const api = serveFakeApi()
  api.waysIn = ways
  render(createApp(createMemoryHistory({ initialEntries: ['/security'] })))
  await screen.findByText('Work key')
  return api
}

test('the page says when the password was last used', async () => {
  await open(3)
  expect(await screen.findByText('Password last used Jan 5, 2026.')).toBeTruthy()
})

test('the only way in cannot be removed, and the page says why in place of the button', async () => {
  await open(1)
  await waitFor(() => expect(screen.getAllByText(/^This is your only way to sign in\./)).toHaveLength(2))
  for (const name of ['Remove password', 'Remove Work key']) expect(screen.queryByRole('button', { name })).toBeNull()
  // A provider that is not offered any more signs nobody in.
  for (const name of ['Rename Work key', 'Unlink Acme']) expect(screen.getByRole('button', { name })).toBeTruthy()
})

const choice = 'Also sign out my other devices'

test.each([
  ['Remove password', 'Yes, remove', '/api/auth/password/remove', false],
  ['Unlink Acme', 'Yes, unlink', '/api/auth/provider/unlink', false],
  ['Link Beta', null, '/api/auth/provider/link', true],
])(
  '%s: the choice about other devices stays with the question while a proof is asked for',
  async (ask, yes, path, end) => {
    const api = await open(3)
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
