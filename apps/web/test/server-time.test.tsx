import { screen, waitFor } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { DAY_MS, MINUTE_MS } from '../src/durations.js'
import { serveFakeApi } from './fake-api.js'
import { card, household, open } from './household.js'
import { network } from './network.js'

const serverTime = Date.parse('2026-01-20T12:00:00Z')
const ago = (ms: number) => new Date(serverTime - ms).toISOString()

afterEach(() => void vi.useRealTimers())

test.each([
  ['ahead by 40 days', 40 * DAY_MS],
  ['right', 0],
  ['late by 40 days', -40 * DAY_MS],
])('devices are in use or left by the clock of the server, if that of the reader is %s', async (_, error) => {
  vi.useFakeTimers({ toFake: ['Date'], now: serverTime + error })
  const api = serveFakeApi()
  household(api)
  const lastSeen = [0, MINUTE_MS, 3 * DAY_MS, 31 * DAY_MS]
  api.devices = api.devices.map((device, n) => ({ ...device, lastSeenAt: ago(lastSeen[n] ?? 0) }))
  const { answer } = network
  network.answer = async (request) => {
    const response = await answer(request)
    response.headers.set('date', new Date(serverTime).toUTCString())
    return response
  }
  await open()
  await waitFor(() => expect(card('Firefox on macOS').textContent).toContain('Active now'))
  expect(card('Safari on macOS').textContent).toContain('Last seen 3 days ago')
  const headings = screen.getAllByRole('heading', { level: 2 }).map(({ textContent }) => textContent)
  expect(headings.slice(0, 3)).toEqual(['This device', 'Other devices', 'Not used for 30 days'])
  expect(card('Opera on macOS').textContent).toContain('Not used for 30 days')
})
