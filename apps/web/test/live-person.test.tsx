import { act, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, expect, test, vi } from 'vitest'
import { serveFakeApi } from './fake-api.js'
import { button, firefox, press, show, type, words } from './provider-trip.js'

let api = serveFakeApi()
beforeEach(() => {
  api = serveFakeApi()
  api.session.user.isAdmin = true
  api.devices = ['Opera', 'Safari'].map(onMac)
})

const onMac = (browser: string) => ({ ...firefox, id: browser, browser, os: 'macOS' })
const streams = (count: number) => waitFor(() => expect(api.personStreams.size).toBe(count))
const devices = () =>
  within(screen.getByRole('list', { name: 'Devices of Katherine Johnson' }))
    .queryAllByRole('listitem')
    .map((row) => /(?:Opera|Safari|Chrome) on macOS/.exec(row.textContent)?.[0])

async function showKatherine() {
  show('/admin')
  await type('Name, email address, ID, session or IP address', 'johnson')
  await press('Find people')
  await press('Show Katherine Johnson')
  await button('Block account')
  await streams(1)
}

test('a session that ends or begins is shown with its activity, and so is a block by somebody else', async () => {
  await showKatherine()
  await words('No activity')
  const device = { ...onMac('Opera'), name: null, ipAddress: null, place: null }
  api.activity = [{ id: '1', type: 'revoked', device, by: null, newName: null }]
  api.devices = [onMac('Safari')]
  api.publishPerson()
  await waitFor(() => expect(devices()).toEqual(['Safari on macOS']))
  await words('Opera on macOS was signed out')

  api.devices = ['Chrome', 'Safari'].map(onMac)
  api.publishPerson()
  await waitFor(() => expect(devices()).toEqual(['Chrome on macOS', 'Safari on macOS']))
  api.isBlocked = true
  api.publishPerson()
  await button('Lift the block')
})

test('one stream has the operations too; without the person, it is that of the operations', async () => {
  await showKatherine()
  expect(api.operationStreams.size).toBe(0)
  api.operations = [{ id: 'theirs', state: 'running' }]
  api.publishPerson()
  await waitFor(() => expect(screen.getByRole('list', { name: 'Operations' }).textContent).toContain('Running'))
  await press('Close')
  await waitFor(() => expect([api.personStreams.size, api.operationStreams.size]).toEqual([0, 1]))
  api.operations = [{ id: 'theirs', state: 'done' }]
  api.publishOperations()
  await waitFor(() => expect(screen.getByRole('list', { name: 'Operations' }).textContent).toContain('Done'))
})

test('of a person who is deleted meanwhile nothing is left to follow, and the operations go on', async () => {
  await showKatherine()
  api.isGone = true
  api.publishPerson()
  await words('Couldn’t load this.')
  await waitFor(() => expect([api.personStreams.size, api.operationStreams.size]).toEqual([0, 1]))
})

test('the stream closes with the view, and while the page is hidden', async () => {
  await showKatherine()
  const makeHidden = (isHidden: boolean) => {
    vi.spyOn(document, 'hidden', 'get').mockReturnValue(isHidden)
    act(() => void document.dispatchEvent(new Event('visibilitychange')))
  }
  makeHidden(true)
  await streams(0)
  api.devices = [onMac('Safari')]
  makeHidden(false)
  await waitFor(() => expect(devices()).toEqual(['Safari on macOS']))
  await press('Close')
  await streams(0)
})
