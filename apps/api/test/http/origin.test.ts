import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import type { HttpEnv } from '../../src/http/http.js'
import { leadToBaseUrl, sameOrigin } from '../../src/http/origin.js'
import { createLog } from '../../src/log.js'

// How the whole server uses both is tested in http.test.ts.

const baseUrl = 'https://rollcall.example'

/** An application behind one of the two, and the lines of its log. */
function createAppWith(middleware: typeof sameOrigin | typeof leadToBaseUrl) {
  const lines: { level: string; msg: string; host?: string; origin?: string; baseUrl?: string }[] = []
  const log = createLog({ write: (line) => lines.push(JSON.parse(line)) })
  const app = new Hono<HttpEnv>()
  app.use(middleware({ baseUrl, log }))
  app.all('*', (c) => c.text('passed'))
  const send = (headers: Record<string, string>, method = 'GET', path = '/') => app.request(path, { method, headers })
  return { send, lines }
}

describe('a request from a page of another site', () => {
  test('passes if it changes nothing, as a link to this site does', async () => {
    const { send, lines } = createAppWith(sameOrigin)
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
    expect(await (await send(headers)).text()).toBe('passed')
    expect(lines).toEqual([])
    expect((await send(headers, 'POST')).status).toBe(403)
  })

  test('is logged with both origins, cut to 200 letters, once for each origin and for 100 of them', async () => {
    const { send, lines } = createAppWith(sameOrigin)
    const origins = Array.from({ length: 101 }, (_, n) => `https://${n}.${'x'.repeat(200)}`)
    for (const origin of [...origins.slice(0, 1), ...origins]) await send({ origin }, 'POST')
    expect(lines).toEqual(
      origins.slice(0, 100).map((origin) =>
        expect.objectContaining({
          level: 'warn',
          msg: 'A change was refused: its page was opened at another origin than BASE_URL',
          origin: origin.slice(0, 200),
          baseUrl,
        }),
      ),
    )
  })

  test('that hides its origin is refused without a line, for there is none to name', async () => {
    const { send, lines } = createAppWith(sameOrigin)
    expect((await send({ 'sec-fetch-site': 'cross-site' }, 'POST')).status).toBe(403)
    expect(lines).toEqual([])
  })
})

describe('a page under another host', () => {
  test.each([
    ['without a host', {}],
    ['with one that no URL can have', { host: 'a b' }],
  ])('%s is served as it is', async (_, headers) => {
    const { send, lines } = createAppWith(leadToBaseUrl)
    expect(await (await send(headers)).text()).toBe('passed')
    expect(lines).toEqual([])
  })

  test('leads once, by a cookie that lives for five seconds and is no longer than the path needs', async () => {
    const { send, lines } = createAppWith(leadToBaseUrl)
    const path = `/${'x'.repeat(300)}`
    const led = await send({ host: 'other.example' }, 'GET', `${path}?a=b`)
    expect([led.status, led.headers.get('location')]).toEqual([302, `${baseUrl}${path}?a=b`])
    const cookie = `rollcall.led=%252F${'x'.repeat(199)}`
    expect(led.headers.get('set-cookie')).toBe(`${cookie}; Max-Age=5; Path=/; HttpOnly; SameSite=Lax`)
    const back = await send({ host: 'other.example', cookie }, 'GET', path)
    expect(await back.text()).toBe('passed')
    expect(lines).toEqual(
      [
        'A page was opened at another host than that of BASE_URL, and led there',
        'A proxy sends another Host than that of BASE_URL; let it pass on the Host of the browser',
      ].map((msg) => expect.objectContaining({ level: 'warn', msg, host: 'other.example', baseUrl })),
    )
  })
})
