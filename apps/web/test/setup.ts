import { EventSource } from 'eventsource'
import { cleanup, configure } from '@testing-library/react'
import { afterEach, vi } from 'vitest'
import { languageCodes, loadAccountMessages, loadLanguage, loadLaterMessages } from '../src/i18n/i18n.js'
import { network } from './network.js'

// Before any client is made, since some take hold of `fetch` when their module loads.
vi.stubGlobal('fetch', (input: RequestInfo | URL, init?: RequestInit) =>
  network.answer(new Request(new URL(input instanceof Request ? input.url : input, 'http://localhost:3000'), init)),
)
vi.stubGlobal('scrollTo', () => {})
// A browser has one of its own, happy-dom has none.
vi.stubGlobal(
  'EventSource',
  class extends EventSource {
    constructor(url: string) {
      super(new URL(url, 'http://localhost:3000'), { fetch: (input, init) => fetch(input, init) })
    }
  },
)

await Promise.all(languageCodes.map(loadLanguage))
await Promise.all([loadAccountMessages(), loadLaterMessages()])

configure({ asyncUtilTimeout: 15_000 }) // a bound for a busy machine; each wait ends with its condition

afterEach(() => {
  cleanup()
  localStorage.clear()
})
