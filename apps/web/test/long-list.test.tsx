import { act, fireEvent, screen } from '@testing-library/react'
import { beforeEach, expect, test } from 'vitest'
import { serveFakeApi } from './fake-api.js'
import { open } from './household.js'

const all = Array.from({ length: 12 }, (_, n) => ({
  id: String(n),
  browser: `Browser ${n}`,
  os: '',
  kind: 'desktop' as const,
  isCurrent: n === 0,
}))

let api: ReturnType<typeof serveFakeApi>
beforeEach(() => {
  api = serveFakeApi()
  api.devices = all
  api.session.id = '0'
})

test('with many devices, the way to sign out all others comes before them', async () => {
  await open()
  const all = screen.getByRole('button', { name: 'Sign out all other devices (11)' })
  expect(all.compareDocumentPosition(screen.getByRole('list', { name: 'Signed-in devices' }))).toBe(
    Node.DOCUMENT_POSITION_FOLLOWING,
  )
})

test('a search stays while it is used, so that no filter hides devices unseen', async () => {
  await open()
  const box = screen.getByRole<HTMLInputElement>('searchbox')
  box.focus()
  fireEvent.change(box, { target: { value: 'Browser 3' } })
  await screen.findByText('1 of 12 devices')
  api.devices = all.slice(0, 10)
  act(() => api.publish('devices'))
  await screen.findByText('1 of 10 devices')
  expect(document.activeElement).toBe(box)
  expect(box.value).toBe('Browser 3')
  api.devices = all
  act(() => api.publish('devices'))
  await screen.findByText('1 of 12 devices')
  expect(screen.getAllByRole('heading', { level: 3 })).toHaveLength(1)
})
