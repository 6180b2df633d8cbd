import { cleanup } from '@testing-library/react'
import { afterEach, vi } from 'vitest'
import { network } from './network.js'

// Before any client is made, since some take hold of `fetch` when their module loads.
vi.stubGlobal('fetch', (input: RequestInfo | URL, init?: RequestInit) =>
  network.answer(new Request(new URL(input instanceof Request ? input.url : input, 'http://localhost:3000'), init)),
)
vi.stubGlobal('scrollTo', () => {})

afterEach(() => {
  cleanup()
  localStorage.clear()
})
