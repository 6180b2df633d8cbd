import { createMemoryHistory } from '@tanstack/react-router'
import { render, screen } from '@testing-library/react'
import { expect, test } from 'vitest'
import { createApp } from '../src/app.js'
import { serveFakeApi } from './fake-api.js'

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
