import { screen, waitFor, within } from '@testing-library/react'
import { beforeEach, expect, test, vi } from 'vitest'
import { serveFakeApi } from './fake-api.js'
import { show, words } from './provider-trip.js'

let api = serveFakeApi()
beforeEach(() => {
  api = serveFakeApi()
  api.session.user.isAdmin = true
})

const states = () =>
  within(screen.getByRole('list', { name: 'Operations' }))
    .queryAllByRole('listitem')
    .map((row) => /Running|Stopped|Done/.exec(row.textContent)?.[0])

const streams = (count: number) => waitFor(() => expect(api.operationStreams.size).toBe(count))

function makeHidden(isHidden: boolean): void {
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(isHidden)
  document.dispatchEvent(new Event('visibilitychange'))
}

test('operations of others are shown as they change, and the page does not ask for them', async () => {
  show('/admin')
  await words('None yet.')
  await streams(1)
  api.operations = [{ id: 'theirs', state: 'running' }]
  api.publishOperations()
  await waitFor(() => expect(states()).toEqual(['Running']))
  api.operations = [
    { id: 'new', state: 'running' },
    { id: 'theirs', state: 'done' },
  ]
  api.publishOperations()
  await waitFor(() => expect(states()).toEqual(['Running', 'Done']))
  expect(api.operationLists).toBe(1)
})

test('a page that is hidden follows nothing, and is up to date when it is shown again', async () => {
  show('/admin')
  await streams(1)
  makeHidden(true)
  await streams(0)
  api.operations = [{ id: 'theirs', state: 'done' }]
  makeHidden(false)
  await waitFor(() => expect(states()).toEqual(['Done']))
  expect(api.operationStreams.size).toBe(1)
})

test('a stream that a server has closed is opened again', async () => {
  show('/admin')
  await streams(1)
  api.publishOperations('break')
  await streams(0)
  api.operations = [{ id: 'theirs', state: 'done' }]
  await waitFor(() => expect(states()).toEqual(['Done']))
})

test('a stream that is lost makes the page ask once more, so that it says what is wrong', async () => {
  show('/admin')
  await streams(1)
  api.always = 'SERVICE_UNAVAILABLE'
  api.publishOperations('break')
  await words('Couldn’t load this.')
  api.always = null
  api.operations = [{ id: 'theirs', state: 'done' }]
  await waitFor(() => expect(states()).toEqual(['Done']))
  expect(screen.queryByText('Couldn’t load this.')).toBeNull()
})
