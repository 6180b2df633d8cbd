import { fireEvent, screen, within } from '@testing-library/react'
import { beforeEach, expect, test } from 'vitest'
import { serveFakeApi } from './fake-api.js'
import { open } from './household.js'

let api: ReturnType<typeof serveFakeApi>
beforeEach(() => {
  api = serveFakeApi()
})

/** Opens the details of the other device, and gives their names once all are there. */
async function factsOf(last: string): Promise<(string | null)[]> {
  await open()
  const card = screen.getByRole('listitem', { name: 'Firefox on Windows 11' })
  const details = within(card).getByText('Details').closest('details')
  if (!details) throw new Error('No details')
  details.open = true
  fireEvent(details, new Event('toggle'))
  await within(details).findByText(last)
  return within(details)
    .getAllByRole('term')
    .map(({ textContent }) => textContent)
}

test('details show all that is known of a session', async () => {
  api.facts = { authenticatedAt: '2026-01-06T09:00:00.000Z' }
  expect(await factsOf('the whole agent')).toEqual([
    'Signed in',
    'Signed in with',
    'Last seen',
    'IP address',
    'Last confirmed',
    'Expires',
    'First sign-in',
    'Latest sign-in',
    'Signed in from',
    'User agent',
  ])
})

test('details leave out what is unknown, and what they say already', async () => {
  api.facts = { ipAddress: null, signInMethod: null }
  api.details = { signIns: 1, addresses: [{ ipAddress: null, place: null }] }
  expect(await factsOf('the whole agent')).toEqual(['Signed in', 'Last seen', 'Expires', 'User agent'])
})

test('details name no addresses but others than the one of the session', async () => {
  api.details = { signIns: 1, addresses: [{ ipAddress: '192.0.2.1', place: null }] }
  expect(await factsOf('the whole agent')).not.toContain('Signed in from')
})
