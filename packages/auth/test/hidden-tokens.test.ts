import { failCommand } from '@rollcall/dev-redis/faults'
import type { BetterAuthPlugin } from 'better-auth'
import { APIError, createAuthEndpoint, sessionMiddleware } from 'better-auth/api'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { anyToken, type Browser, startApp, strictLookups } from './helpers.js'

// An application's own endpoints answer what they like, through real HTTP. No token of a session leaves, and all else does.

/** As long as a token, of the same letters: an id of the application. */
const lookalike = `inv_${'x'.repeat(76)}-`

class Badge {
  constructor(readonly token: string) {}
}

class Ticket {
  readonly #token: string
  constructor(token: string) {
    this.#token = token
  }
  toJSON(): unknown {
    return { ticket: this.#token }
  }
}

/** Ways to answer with a text. */
const shapes: Record<string, (text: string) => object> = {
  alone: (text) => [text],
  deep: (text) => ({ a: [{ b: [[text]] }] }),
  'a key': (text) => ({ [text]: { text } }),
  'in a header': (text) => ({ authorization: `Bearer ${text}` }),
  'in JSON': (text) => ({ text: JSON.stringify({ text }) }),
  'without a separator': (text) => ({ key: `sid_${text}_1` }),
  'twice in a text': (text) => ({ text: `${text} ${text}` }),
  'signed, as in the cookie': (text) => ({ cookie: `${text}.AAAA=` }),
  'an address': (text) => ({ url: new URL(`https://example.org/?session=${text}`) }),
  'an object of a class': (text) => ({ badge: new Badge(text) }),
  'an object that makes its own JSON': (text) => ({ ticket: new Ticket(text) }),
  'beside what stays, a date that is none': (text) => ({ stays: 1, text, at: new Date(Number.NaN) }),
  'beside a field that is no function': (text) => ({ toJSON: 'none', text }),
  'an object without a prototype': (text) => [Object.assign(Object.create(null) as object, { text })],
}
const names = Object.keys(shapes)
const shape = (name: string, text: string): object => shapes[name]?.(text) ?? loop(text)

/** It holds itself, and so is no JSON before better-call cuts it off. */
function loop(text: string): object {
  const holder: Record<string, unknown> = { text }
  holder['self'] = holder
  return holder
}

const body = z.object({ shape: z.string(), text: z.string() })
const own = {
  id: 'own',
  endpoints: {
    echo: createAuthEndpoint('/own/echo', { method: 'POST', body }, async (ctx) =>
      ctx.json(shape(ctx.body.shape, ctx.body.text)),
    ),
    current: createAuthEndpoint('/own/current', { method: 'POST', body, use: [sessionMiddleware] }, async (ctx) =>
      ctx.json(shape(ctx.body.shape, ctx.context.session.session.token)),
    ),
    refuse: createAuthEndpoint('/own/refuse', { method: 'POST', body, use: [sessionMiddleware] }, async (ctx) => {
      throw new APIError('BAD_REQUEST', { held: shape(ctx.body.shape, ctx.context.session.session.token) })
    }),
    respond: createAuthEndpoint('/own/respond', { method: 'POST', body, use: [sessionMiddleware] }, async (ctx) => {
      const text = JSON.stringify(shape(ctx.body.shape, ctx.context.session.session.token))
      const headers = {
        'content-type': 'application/json; charset=utf-8',
        'content-length': String(text.length),
        'x-own': '1',
      }
      return new Response(text, { status: 202, headers })
    }),
    stream: createAuthEndpoint('/own/stream', { method: 'GET' }, async () => {
      const endless = new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode('first')) })
      return new Response(endless, { headers: { 'content-type': 'text/event-stream' } })
    }),
    empty: createAuthEndpoint('/own/empty', { method: 'GET' }, async () => new Response(null, { status: 204 })),
    unchanged: createAuthEndpoint(
      '/own/unchanged',
      { method: 'GET' },
      async () => new Response(null, { status: 304, headers: { 'content-type': 'application/json' } }),
    ),
    create: createAuthEndpoint('/own/create', { method: 'POST', body, use: [sessionMiddleware] }, async (ctx) => {
      const { token } = await ctx.context.internalAdapter.createSession(ctx.context.session.user.id)
      return ctx.json(shape(ctx.body.shape, token))
    }),
  },
} satisfies BetterAuthPlugin

let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({ plugins: [own] })
})
afterAll(() => t[Symbol.asyncDispose]())

async function withoutRedis<T>(work: () => Promise<T>): Promise<T> {
  using _ = failCommand(Redis.prototype, 1, 'never sent, nor any after it')
  return await work()
}

const tokenOf = async (browser: Browser): Promise<string> => (await browser.token()) ?? ''

test.each(names)('an id of the application that looks like a token comes through: %s', async (name) => {
  const { text } = await t.browser().post('/own/echo', { shape: name, text: lookalike })
  expect(text).toBe(JSON.stringify(shape(name, lookalike)))
})

test.each(names)('the token of the session is its id: %s', async (name) => {
  const { browser } = await t.person(`current-${names.indexOf(name)}`)
  const id = (await browser.session())?.id ?? ''
  for (const path of ['/own/current', '/own/refuse', '/own/respond']) {
    const { text } = await browser.post(path, { shape: name, text: '' })
    expect(text).not.toContain((await tokenOf(browser)).slice(-43))
    expect(text).toContain(id)
  }
})

test.each(names)('nor does the token of a session leave that an endpoint has just made: %s', async (name) => {
  const { browser, userId } = await t.person(`made-${names.indexOf(name)}`)
  const { text } = await browser.post('/own/create', { shape: name, text: '' })
  const ids = (await t.store.list(userId)).map(({ id }) => id)
  expect(ids.some((id) => text.includes(id))).toBe(true)
  expect(text).not.toMatch(anyToken)
})

/** Only what stands alone is looked up. */
const standing = names.filter((name) => name !== 'without a separator')

test.each(standing)('nor does a token that the request has not met: %s', async (name) => {
  const { browser } = await t.person(`other-${names.indexOf(name)}`)
  const token = await tokenOf(browser)
  const strict = await strictLookups(t.store, async () => {
    const { text } = await t.browser().post('/own/echo', { shape: name, text: token })
    expect(text).toContain(token.slice(22, 38)) // the id
    expect(text).not.toMatch(anyToken)
  })
  expect(new Set(strict)).toEqual(new Set([true]))
})

test('an answer that is a response of its own keeps its status and headers', async () => {
  const { browser } = await t.person('respond')
  const { status, headers, body: shown } = await browser.post('/own/respond', { shape: 'deep', text: '' })
  expect([status, headers.get('x-own'), headers.get('content-type')]).toEqual([
    202,
    '1',
    'application/json; charset=utf-8',
  ])
  expect(shown).toEqual(shape('deep', (await browser.session())?.id ?? ''))
})

test('an answer without a text keeps its status, and one without an end is not read', async () => {
  expect((await t.browser().get('/own/empty')).status).toBe(204)
  expect((await t.browser().get('/own/unchanged')).status).toBe(304)
  const { body: stream } = await fetch(`${t.origin}/api/auth/own/stream`)
  const reader = stream?.getReader()
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('first')
  await reader?.cancel()
})

test('an answer that holds itself is cut off there', async () => {
  const { browser } = await t.person('loop')
  const id = (await browser.session())?.id
  expect((await browser.post('/own/current', { shape: 'loop', text: '' })).body).toEqual({
    text: id,
    self: '[Circular]',
  })
  const whole = await browser.post('/own/echo', { shape: 'loop', text: lookalike })
  expect(whole.body).toEqual({ text: lookalike, self: expect.stringContaining('Circular') })
})

test('an answer that holds itself and no token is given back as it is', async () => {
  const api = t.auth.api as unknown as { echo(input: object): Promise<{ self: unknown }> } // the plugin above has it
  const answer = await api.echo({ body: { shape: 'loop', text: 'none' } })
  expect(answer.self).toBe(answer)
})

test('while the store gives no answer, what may be a token is hidden', async () => {
  const { browser } = await t.person('outage')
  const token = await tokenOf(browser)
  const answered = await withoutRedis(() => t.browser().post('/own/echo', { shape: 'deep', text: `not ${token}` }))
  expect(answered.text).toMatch(/"not [\w-]{16}"/)
})
