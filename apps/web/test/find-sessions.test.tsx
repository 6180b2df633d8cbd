import { act, screen, waitFor } from '@testing-library/react'
import { beforeEach, expect, test } from 'vitest'
import { serveFakeApi } from './fake-api.js'
import { network } from './network.js'
import { press, show, type, words } from './provider-trip.js'

let api = serveFakeApi()
beforeEach(() => {
  api = serveFakeApi()
  api.session.user.isAdmin = true
})

async function findPhones() {
  show('/admin')
  await type('Kind of device', 'phone')
  await press('Find sessions')
  await words('3 sessions of 3 people found')
}

async function signOut() {
  await type('Enter the number of sessions to sign them out', '3')
  await press('Sign out these sessions')
  await press('Yes, sign out')
}

test('they are signed out above the rows, of which there may be hundreds', async () => {
  await findPhones()
  const field = await screen.findByLabelText('Enter the number of sessions to sign them out')
  const rows = screen.getByRole('list', { name: 'Sessions found' })
  expect(field.compareDocumentPosition(rows)).toBe(Node.DOCUMENT_POSITION_FOLLOWING)
})

test('the same search again counts again', async () => {
  await findPhones()
  api.filterFinds = 5
  await press('Find sessions')
  await words('5 sessions of 5 people found')
})

test('how many were found is said by a region that was there before', async () => {
  show('/admin')
  await type('Kind of device', 'phone')
  await press('Find sessions')
  const region = await screen.findByText('Loading…')
  await words('3 sessions of 3 people found')
  expect(region.textContent).toBe('3 sessions of 3 people found')
})

test.each([
  ['browser is not the name of a browser; there are curl, Wget', ['Browser']],
  ['country must be two letters\naddress must be an address', ['IP address or range', 'Country']],
  ['There is no user ada', ['Email address or ID of a person']],
])('%j is a mistake at its field', async (refusal, labels) => {
  api.refusal = refusal
  show('/admin')
  await type('Email address or ID of a person', 'ada')
  await press('Find sessions')
  await waitFor(() => {
    const wrong = [...document.querySelectorAll<HTMLInputElement>('input[aria-invalid]')]
    expect(wrong.map(({ labels }) => labels?.item(0).textContent)).toEqual(labels)
  })
  expect(screen.queryByText('Loading…')).toBeNull()

  api.refusal = ''
  await press('Find sessions')
  await words('3 sessions of 3 people found')
  expect(document.querySelector('[aria-invalid]')).toBeNull()
})

test('a refusal that names no field is said as it is', async () => {
  api.refusal = 'The filter is too long'
  show('/admin')
  await type('Kind of device', 'phone')
  await press('Find sessions')
  await words('That wasn’t accepted. Check what you entered.')
})

test('how many sessions were signed out stands where they were found', async () => {
  await findPhones()
  api.operations = [{ id: 'begun', state: 'done' }] // it revoked two: one had expired meanwhile
  await signOut()
  const said = await words('2 sessions were signed out.')
  expect(screen.getByRole('log', { name: 'Messages' }).textContent).toBe('') // it is said once
  await waitFor(() => expect(document.activeElement).toBe(said))
  expect(screen.queryByText(/found/)).toBeNull()
})

test('another number is refused at its field, before anything is asked', async () => {
  await findPhones()
  await type('Enter the number of sessions to sign them out', '4')
  await press('Sign out these sessions')
  const field = await screen.findByLabelText('Enter the number of sessions to sign them out')
  await waitFor(() => expect(field.getAttribute('aria-invalid')).toBe('true'))
  expect(document.activeElement).toBe(field)
  expect(screen.queryByText('Sign out 3 sessions?')).toBeNull()
})

test('an operation that did not end is not called done', async () => {
  await findPhones()
  api.operations = [{ id: 'begun', state: 'failed' }]
  await signOut()
  await words('Some of these sessions weren’t signed out.')
})

test('a search runs when an administrator asks, not when the window gets the focus', async () => {
  const calls: string[] = []
  const { answer } = network
  network.answer = (request) => {
    calls.push(...new URL(request.url).pathname.replace('/trpc/', '').split(','))
    return answer(request)
  }
  await findPhones()
  await type('Name, email address, ID, session or IP address', 'johnson')
  await press('Find people')
  await words('1 person found.')
  calls.length = 0
  act(() => void window.dispatchEvent(new Event('visibilitychange')))
  await waitFor(() => expect(calls).toContain('session.current')) // which the focus does ask for
  await waitFor(() => expect(calls).toContain('providers.list'))
  expect(calls.filter((call) => call.includes('find') || call.includes('search'))).toEqual([])
})
