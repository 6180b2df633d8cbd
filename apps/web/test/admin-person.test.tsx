import { screen, waitFor, within } from '@testing-library/react'
import { expect, test } from 'vitest'
import { serveFakeApi } from './fake-api.js'
import { button, firefox, press, show, type } from './provider-trip.js'

const descriptionOf = (element: HTMLElement) =>
  document.getElementById(element.getAttribute('aria-describedby') ?? '')?.textContent

test('an administrator opens a person: their own device is marked, all activity can be read, and the focus goes there and back', async () => {
  const api = serveFakeApi()
  api.session.user.isAdmin = true
  const device = { ...firefox, name: null, ipAddress: null, place: null }
  api.activity = ['1', '2', '3'].map((id) => ({ id, type: 'signed-in', device, by: null, newName: null }))
  show('/admin')
  await type('Name, email address, id, session or IP address', 'johnson')
  await press('Find people')
  const opener = await button('Show Katherine Johnson')
  opener.focus()
  opener.click()
  await waitFor(() => expect(document.activeElement?.textContent).toBe('Katherine Johnson'))

  const [own, other] = within(await screen.findByRole('list', { name: 'Devices of Katherine Johnson' })).getAllByRole(
    'listitem',
  )
  expect(own?.textContent).toContain('This device')
  expect(other?.textContent).not.toContain('This device')
  const signOut = within(other ?? document.body).getByRole('button', { name: 'Sign out Firefox on Windows 11' })
  expect(descriptionOf(signOut)).toContain('Signed in since')

  const activity = await screen.findByRole('list', { name: 'Activity of Katherine Johnson' })
  expect(within(activity).getByRole('heading').tagName).toBe('H4')
  for (const count of [2, 3]) {
    await press('Show more')
    await waitFor(() => expect(within(activity).getAllByRole('listitem')).toHaveLength(count))
  }
  await waitFor(() => expect(screen.queryByText('Show more')).toBeNull())
  await press('Close')
  expect(document.activeElement).toBe(opener)
})
