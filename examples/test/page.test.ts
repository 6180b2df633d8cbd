import { startRedis } from '@rollcall/dev-redis'
import { EventSource } from 'eventsource'
import { Window } from 'happy-dom'
import { createElement } from 'react'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { browser } from './browser.ts'
import { isNextBuilt, type Server, startNext } from './servers.ts'

let redis: Awaited<ReturnType<typeof startRedis>>
let server: Server
beforeAll(async () => {
  redis = await startRedis()
  server = await startNext(redis.url)
})
afterAll(async () => {
  await server.close()
  await redis.stop()
})

/** Opens the page of Next as a browser with these cookies does. Requests leave by Node's `fetch`, past happy-dom's rules. */
async function openPage(origin: string, cookie: string) {
  const { fetch } = globalThis
  const request = (input: string | URL, init: RequestInit = {}) => {
    const headers = new Headers(init.headers)
    if (!headers.has('cookie')) headers.set('cookie', cookie) // another browser of the test has its own
    headers.set('sec-fetch-site', 'same-origin')
    return fetch(new URL(input, origin), { ...init, headers })
  }
  const Stream = class extends EventSource {
    constructor(url: string) {
      super(new URL(url, origin), { fetch: request })
    }
  }
  const window = Object.assign(new Window({ url: origin }), { fetch: request, EventSource: Stream })
  const missing = Object.getOwnPropertyNames(window).filter((name) => !(name in globalThis))
  for (const name of [...missing, 'navigator', 'fetch', 'EventSource']) vi.stubGlobal(name, Reflect.get(window, name))
  const [{ createRoot }, { default: Page }] = await Promise.all([
    import('react-dom/client'),
    import('../next/app/page.tsx'), // after the globals, which its clients take hold of
  ])
  const container = globalThis.document.createElement('div')
  globalThis.document.body.append(container)
  const root = createRoot(container)
  root.render(createElement(Page))
  return {
    rows: () => [...container.querySelectorAll('li')].map(({ textContent }) => textContent),
    button: () => container.querySelector('button'),
    async close() {
      root.unmount()
      await window.happyDOM.close() // the globals stay: React still finishes work
    },
  }
}

/** Next renders the page as it is before any data, and serves its scripts. */
async function expectRendered(origin: string): Promise<void> {
  const html = await (await fetch(origin)).text()
  expect(html).toContain('<ul></ul>')
  const scripts = [...html.matchAll(/<script src="([^"]+)"/g)].map(([, path = '']) => path)
  expect(scripts).not.toEqual([])
  for (const path of scripts) expect((await fetch(new URL(path, origin))).status, path).toBe(200)
}

test('the page of Next lists the devices, and signs another one out', async () => {
  const laptop = await browser(server, 'sign-up')
  const phone = await browser(server, 'sign-in')
  if (isNextBuilt) await expectRendered(server.origin)
  const page = await openPage(server.origin, laptop.cookie)
  try {
    await expect.poll(page.rows).toHaveLength(2)
    expect(page.rows().map((row) => row.endsWith('Sign out'))).toEqual([false, true])
    page.button()?.click()
    await expect.poll(page.rows).toHaveLength(1)
    await expect(phone.greeting.query()).rejects.toMatchObject({ data: { code: 'UNAUTHORIZED' } })
    expect(await laptop.greeting.query()).toMatch(/^Hello, /)
  } finally {
    await page.close()
  }
})
