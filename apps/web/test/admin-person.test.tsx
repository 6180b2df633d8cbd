import { screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, test } from 'vitest'
import { serveFakeApi } from './fake-api.js'
import { network } from './network.js'
import { button, firefox, press, show, type, words } from './provider-trip.js'

let api = serveFakeApi()
beforeEach(() => {
  api = serveFakeApi()
  api.session.user.isAdmin = true
})

const descriptionOf = (element: HTMLElement) =>
  document.getElementById(element.getAttribute('aria-describedby') ?? '')?.textContent

test('an administrator opens a person: their own device is marked, all activity can be read, and the focus goes there and back', async () => {
  const device = { ...firefox, name: null, ipAddress: null, place: null }
  api.activity = ['1', '2', '3'].map((id) => ({ id, type: 'signed-in', device, by: null, newName: null }))
  show('/admin')
  await type('Name, email address, ID, session or IP address', 'johnson')
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
  expect(descriptionOf(signOut)).toContain('Signed in')

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

describe('the focus stays where the person works:', () => {
  async function showKatherine() {
    show('/admin')
    await type('Name, email address, ID, session or IP address', 'johnson')
    await press('Find people')
    await press('Show Katherine Johnson')
    await button('Block account')
  }

  /** Presses it as the keyboard does, which focuses it first. */
  async function choose(name: string) {
    const found = await button(name)
    found.focus()
    found.click()
  }

  test('the next device takes it from one that is signed out, and the heading from the last one', async () => {
    api.devices = ['Opera', 'Safari'].map((browser) => ({ ...firefox, id: browser, browser, os: 'macOS' }))
    await showKatherine()
    for (const [gone, next] of [
      ['Opera', 'Safari on macOS'],
      ['Safari', 'Devices of Katherine Johnson'],
    ] as const) {
      await choose(`Sign out ${gone} on macOS`)
      api.devices = api.devices.filter(({ id }) => id !== gone)
      await choose('Yes, sign out')
      await waitFor(() => expect(screen.queryByText(`${gone} on macOS`)).toBeNull())
      const heir =
        gone === 'Opera' ? screen.getByRole('listitem', { name: next }) : screen.getByRole('heading', { name: next })
      await waitFor(() => expect(document.activeElement).toBe(heir))
    }
  })

  test('the button that lifts a block takes it from the one that blocked', async () => {
    await showKatherine()
    await choose('Block account')
    api.isBlocked = true
    await choose('Yes, block')
    const lift = await button('Lift the block')
    await waitFor(() => expect(document.activeElement).toBe(lift))
  })

  test('the operation takes it from its button when it has ended, and "Resume" from "Stop"', async () => {
    api.operations = [{ id: 'begun', state: 'running' }]
    show('/admin')
    await choose('Stop')
    api.operations = [{ id: 'begun', state: 'stopped' }]
    await choose('Yes, stop')
    const resume = await button('Resume')
    await waitFor(() => expect(document.activeElement).toBe(resume))
    api.operations = [{ id: 'begun', state: 'done' }]
    resume.click()
    await choose('Yes, resume')
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Resume' })).toBeNull())
    const [row] = within(screen.getByRole('list', { name: 'Operations' })).getAllByRole('listitem')
    await waitFor(() => expect(document.activeElement).toBe(row))
  })
})

test('how many were found is said by a region that was there before, and holds nothing else', async () => {
  show('/admin')
  await type('Name, email address, ID, session or IP address', 'johnson')
  const regions = screen.getAllByRole('status')
  await press('Find people')
  const said = await screen.findByText('1 person found.')
  expect(regions).toContain(said)
  expect(screen.queryByText('Loading…')).toBeNull()
})

test('a search without words is a mistake at its field, in the language of the page', async () => {
  show('/admin')
  await press('Find people')
  const field = await screen.findByLabelText('Name, email address, ID, session or IP address')
  await waitFor(() => expect(field.getAttribute('aria-invalid')).toBe('true'))
  expect(document.activeElement).toBe(field)
  expect(field.closest('form')?.noValidate).toBe(true)
})

test('a search that finds more people than it shows does not say how many there are', async () => {
  api.findsMore = true
  show('/admin')
  await type('Name, email address, ID, session or IP address', 'johnson')
  await press('Find people')
  await words('More than 1 people found. Enter more of the name or address.')
})

test('the same search again asks again', async () => {
  show('/admin')
  await type('Name, email address, ID, session or IP address', 'johnson')
  await press('Find people')
  await button('Show Katherine Johnson')
  api.always = 'SERVICE_UNAVAILABLE'
  await press('Find people')
  await words('Couldn’t load this.')
})

test('a person who could not be loaded can be closed', async () => {
  show('/admin')
  await type('Name, email address, ID, session or IP address', 'johnson')
  await press('Find people')
  await button('Show Katherine Johnson')
  api.always = 'SERVICE_UNAVAILABLE'
  await press('Show Katherine Johnson')
  await button('Close')
  expect(screen.queryAllByText('Couldn’t load this.')).not.toEqual([])
  await press('Close')
  await waitFor(() => expect(screen.queryByText('Close')).toBeNull())
  api.always = null // the stream of the operations, which took the place of the person's, is opened again
  await waitFor(() => expect(screen.queryByText('Couldn’t load this.')).toBeNull())
})

test('a change whose answer is lost is not called undone, and the page reads what became of it', async () => {
  const { answer } = network
  network.answer = async (request) => {
    if (!request.url.includes('people.ban')) return answer(request)
    await answer(request)
    api.isBlocked = true
    throw new TypeError('The connection broke')
  }
  show('/admin')
  await type('Name, email address, ID, session or IP address', 'johnson')
  await press('Find people')
  await press('Show Katherine Johnson')
  await press('Block account')
  await press('Yes, block')
  await words('That may not have worked.')
  await button('Lift the block')
})
