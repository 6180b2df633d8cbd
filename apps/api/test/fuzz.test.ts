/* oxlint-disable max-lines -- The last test judges the server that all others have fuzzed. */
import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openEndpoints } from '../src/accounts/open-endpoints.js'
import {
  newEmail,
  type Browser,
  withRedis,
  PASSWORD,
  procedures,
  signed,
  signUpDevice,
  startServer,
  type TestServer,
  tokenOf,
} from './helpers.js'

// Requests that no browser would send, as bytes on a socket: never a 5xx, never a hang, never a token.

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 80)
/** Milliseconds after which an answer that did not come counts as a hang. */
const MAX_WAIT_MS = 10_000

let server: TestServer
let device: Browser
let cookie: string
let token: string
/** The cookie of another browser, which the requests to sign out may end. */
let leaving: string
beforeAll(async () => {
  server = await startServer({ env: { TRUSTED_PROXIES: 'loopback' } }) // each request comes from an address of its own
  device = await signUpDevice(server)
  token = tokenOf(device)
  cookie = `rollcall.session_token=${signed(token)}`
  leaving = `rollcall.session_token=${signed(tokenOf(await signUpDevice(server)))}`
})
afterAll(() => server[Symbol.asyncDispose]())

interface Answer {
  /** 0: the connection was closed without an answer. */
  readonly status: number
  readonly text: string
}

/** The answer. If Redis was late on a busy machine, it asks once more: a fault that the bytes cause happens again. */
async function raw(bytes: Buffer, hangUp = false): Promise<Answer> {
  const answer = await sendBytes(bytes, hangUp)
  if (answer.status !== 503) return answer
  while (!(await server.send('/readyz')).ok);
  return sendBytes(bytes, hangUp)
}

/** On a connection of its own, on which nothing more is sent; with `hangUp`, that is said at once. */
async function sendBytes(bytes: Buffer, hangUp: boolean): Promise<Answer> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => undefined) // Node 24 also resets a connection after a refusal; what it answered counts
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(bytes)
  if (hangUp) socket.end()
  const bound = setTimeout(() => socket.destroy(new Error('hangs')), MAX_WAIT_MS)
  await closed
  clearTimeout(bound)
  expect(socket.errored?.message).not.toBe('hangs')
  const text = Buffer.concat(chunks).toString()
  return { text, status: Number(/^HTTP\/1\.1 ((?!1)\d{3}) /m.exec(text)?.[1] ?? 0) }
}

let clients = 0

function request(method: string, path: string, headers: Record<string, string>, body = ''): Promise<Answer> {
  clients += 1
  const all = {
    host: 'localhost',
    connection: 'close',
    'x-forwarded-for': `2001:db8:${(clients >> 12).toString(16)}:${(clients % 4096).toString(16)}::1`,
    ...(method === 'POST' && {
      origin: server.baseUrl,
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body, 'latin1')),
    }),
    ...headers,
  }
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return raw(Buffer.from([`${method} ${path} HTTP/1.1`, ...head, '', body].join('\r\n'), 'latin1'))
}

function wellAnswered({ status, text }: Answer, closing = false): void {
  const details = `${text}\n${JSON.stringify(server.lines().at(-2))}`
  if (!(closing && status === 0)) expect(status, details).toBeGreaterThanOrEqual(200)
  expect(status, details).toBeLessThan(500)
  expect(text.replaceAll(/^set-cookie: .*$/gim, '')).not.toContain(token.slice(-43))
  expect(text).not.toMatch(/\.[jt]s:\d+/)
}

/** Anything that a header's value may hold on the wire, and some that it may not. */
const wild = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.string({
      unit: fc
        .integer({ min: 0x20, max: 0xff })
        .filter((n) => n !== 0x7f)
        .map((n) => String.fromCharCode(n)),
      maxLength: 80,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.integer({ min: 0, max: 0xff }).map((n) => String.fromCharCode(n)), maxLength: 20 }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      '%',
      '%00',
      '%E0%A4%A',
      ','.repeat(500),
      '__proto__',
      'a'.repeat(5_000),
      '[object Object]',
      '0',
      '-1',
      '1e999',
    ),
  },
)

const queries = ['/trpc/session.current', '/trpc/devices.list', '/api/auth/sign-out', '/healthz', '/readyz', '/nowhere']
const changes = [
  '/trpc/devices.revoke',
  '/api/auth/sign-in/email',
  '/api/auth/change-password',
  '/api/auth/request-password-reset',
  '/csp-report',
]
// Procedures that answer once. A subscription continues until its client leaves.
/** They sign out the session that the other tests need. */
const revocations = new Set(['devices.revokeAll', 'account.delete'])
const answering = procedures.filter(({ type }) => type !== 'subscription').map(({ path }) => path)

test('cookies: they sign in at every door alike, or at none', async () => {
  const pair = fc.oneof(
    fc
      .constantFrom('rollcall.session_token', 'rollcall.dont_remember', '__Host-rollcall.session_token', 'x')
      .chain((name) => wild.map((value) => `${name}=${value}`)),
    wild,
    fc.nat().map((at) => cookie.slice(0, at % cookie.length)),
    fc
      .tuple(fc.nat(), wild)
      .map(([at, put]) => cookie.slice(0, at % cookie.length) + put + cookie.slice(at % cookie.length)),
    fc.string().map((text) => `rollcall.session_token=${signed(text)}`),
    fc.constant(null).map(() => cookie),
    fc.constant(null).map(() => cookie.replace('=', '="') + '"'),
  )
  const jar = fc
    .tuple(fc.array(pair, { maxLength: 4 }), fc.constantFrom('; ', ';', ', ', ' ;;'))
    .map(([pairs, between]) => pairs.join(between))
  let signedIn = 0
  await fc.assert(
    fc.asyncProperty(jar, async (header) => {
      const [ours, theirs, change] = await Promise.all([
        request('GET', '/trpc/session.current', { cookie: header }),
        // better-auth looks for the session first, and refuses the password before it is a guess.
        request(
          'POST',
          '/api/auth/change-password',
          { cookie: header },
          '{"currentPassword":"x","newPassword":"short"}',
        ),
        request('POST', '/trpc/devices.revoke', { cookie: header }, '{"id":"AAAAAAAAAAAAAAAA"}'),
      ])
      for (const answer of [ours, theirs, change]) wellAnswered(answer)
      if (ours.status === 200) signedIn += 1
      else expect([400, 401]).toContain(ours.status)
      expect(theirs.text.includes('PASSWORD_TOO_SHORT'), theirs.text).toBe(ours.status === 200)
    }),
    { numRuns },
  )
  expect(signedIn, 'requests that were signed in').toBeGreaterThan(numRuns / 20)
})

test('headers: any value in any of them, on any path', async () => {
  const names = [
    'accept', 'accept-encoding', 'accept-language', 'authorization', 'content-type', 'cookie', 'expect', 'forwarded', 'host', 'if-none-match',
    'origin', 'range', 'referer', 'sec-ch-ua', 'sec-ch-ua-platform-version', 'sec-fetch-site', 'trpc-accept', 'upgrade', 'user-agent',
    'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-http-method-override', 'x-request-id', 'x-rollcall-client-address',
  ] // prettier-ignore
  const headers = fc.dictionary(fc.constantFrom(...names), wild, { minKeys: 1, maxKeys: 5 })
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'PUT', 'HEAD', 'OPTIONS'),
      fc.constantFrom(...queries, ...changes),
      headers,
      async (method, path, given) => {
        wellAnswered(
          await request(
            method,
            path,
            { cookie: path === '/api/auth/sign-out' ? leaving : cookie, ...given },
            method === 'POST' ? '{}' : '',
          ),
        )
      },
    ),
    { numRuns },
  )
})

test('paths and queries: whatever stands in them', async () => {
  const target = fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((n) => String.fromCharCode(n)),
    maxLength: 60,
  })
  const prefix = fc.constantFrom(
    '',
    'trpc/',
    'trpc/devices.list,',
    'trpc/devices.list?',
    'api/auth/',
    'api/auth/get-session?',
    'api/auth/reset-password/',
    'assets/',
    '../',
    '%2e%2e/',
    '/',
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('GET', 'POST'), prefix, target, async (method, before, text) => {
      wellAnswered(await request(method, `/${before}${text}`, { cookie }, method === 'POST' ? '{}' : ''))
    }),
    { numRuns },
  )
})

/** JSON of every kind, what is nearly JSON, and what is none. */
const json = fc.oneof(
  fc.json({ maxDepth: 3 }),
  fc.record({ id: fc.jsonValue() }).map((value) => JSON.stringify(value)),
  fc.record({ 0: fc.record({ id: fc.jsonValue() }), 1: fc.jsonValue() }).map((value) => JSON.stringify(value)),
  fc.json().chain((text) => fc.nat().map((at) => text.slice(0, at % (text.length + 1)))),
  fc.constantFrom(
    '[['.repeat(10_000),
    `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
    `{"name":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
    '{"__proto__":{"id":"x"}}',
    '{"constructor":{"prototype":{}}}',
    '{"json":{"id":1}}',
    '{"id":"\\ud800"}',
    '\ufeff{}',
  ),
  wild,
)

test('inputs of tRPC: single and in batches', async () => {
  const calls = fc.array(fc.constantFrom(...answering.filter((path) => !revocations.has(path)), 'nowhere'), {
    minLength: 1,
    maxLength: 22,
  })
  await fc.assert(
    fc.asyncProperty(calls, json, fc.boolean(), fc.boolean(), async (paths, input, batch, posted) => {
      const path = `/trpc/${(batch ? paths : paths.slice(0, 1)).join(',')}`
      const batched = batch ? '?batch=1' : '?'
      const answer = posted
        ? await request('POST', path + batched, { cookie }, Buffer.from(input).toString('latin1'))
        : await request('GET', `${path}${batched}&input=${encodeURIComponent(Buffer.from(input).toString())}`, {
            cookie,
          })
      wellAnswered(answer)
      expect(answer.status).not.toBe(0)
    }),
    { numRuns },
  )
})

test('bodies for better-auth: of every type where it expects another', async () => {
  let people = 0
  const goodPassword = 'not the one of the session' // that one would prove, and give the session another cookie
  const odd = fc.oneof(fc.jsonValue(), fc.constantFrom(null, true, 0, {}, [], '', '\0', '\ud800', 'x'.repeat(10_000)))
  const email = fc.oneof(fc.constant('nobody@example.org'), fc.jsonValue())
  const body = fc.oneof(
    fc
      .dictionary(
        fc.constantFrom(
          'email',
          'password',
          'name',
          'token',
          'newPassword',
          'currentPassword',
          'image',
          'callbackURL',
          'rememberMe',
          'redirectTo',
          'revokeOtherSessions',
          'code',
          'id',
          'provider',
          'response',
          'trustDevice',
        ),
        fc.jsonValue(),
      )
      .map((value) => JSON.stringify(value)),
    // Sound but for one field.
    fc.tuple(fc.constantFrom('name', 'image', 'callbackURL', 'rememberMe', 'extra'), odd).map(([field, value]) => {
      people += 1
      return JSON.stringify({ email: `odd-${people}@example.org`, password: goodPassword, name: 'x', [field]: value })
    }),
    fc
      .tuple(fc.constantFrom('name', 'image', 'token', 'newPassword', 'code', 'id', 'provider', 'response'), odd)
      .map(([field, value]) => JSON.stringify({ [field]: value })),
    fc
      .tuple(email, fc.jsonValue())
      .map(([address, password]) =>
        JSON.stringify({ email: address, password, newPassword: password, currentPassword: password, name: 'x' }),
      ),
    json,
  )
  const posted = [...openEndpoints].filter(([path, method]) => method === 'POST' && path !== '/sign-out') // it would end the session
  const paths = posted.map(([path]) => path.replace(':providerId', 'acme'))
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...paths), body, async (path, text) => {
      wellAnswered(await request('POST', `/api/auth${path}`, { cookie }, Buffer.from(text).toString('latin1')))
    }),
    { numRuns },
  )
})

test('bytes that are hardly HTTP, or not at all: refused or closed on, and never waited for', async () => {
  const line = fc.constantFrom(
    'GET / HTTP/1.1',
    'POST /trpc/devices.revoke HTTP/1.1',
    'GET  HTTP/9.9',
    'CONNECT x:1 HTTP/1.1',
    'PRI * HTTP/2.0',
    '',
  )
  const header = fc.oneof(
    fc.constantFrom(
      'Host: x',
      'Content-Length: 5',
      'Content-Length: -1',
      'Content-Length: 5, 6',
      'Transfer-Encoding: chunked',
      'Transfer-Encoding: x',
      'Connection: upgrade',
      'Upgrade: websocket',
      'Expect: 100-continue',
    ),
    wild,
  )
  await fc.assert(
    fc.asyncProperty(
      line,
      fc.array(header, { maxLength: 5 }),
      fc.uint8Array({ maxLength: 300 }),
      async (first, headers, rest) => {
        const head = Buffer.from(`${[first, ...headers].join('\r\n')}\r\n\r\n`, 'latin1')
        wellAnswered(await raw(Buffer.concat([head, rest]), true), true)
      },
    ),
    { numRuns },
  )
})

test('records: whatever a session’s record holds, its user is answered', async () => {
  const person = await signUpDevice(server)
  const own = `rollcall.session_token=${signed(tokenOf(person))}`
  await withRedis(server.redis, async (admin) => {
    const { id, user } = await person.api.session.current.query()
    const keys = await admin.keys('user:*:sessions')
    const key = (await Promise.all(keys.map(async (name) => ((await admin.hexists(name, id)) === 1 ? name : '')))).join(
      '',
    )
    const sound = await admin.hgetBuffer(key, id)
    const head = sound?.subarray(0, sound.indexOf(user.id) - 3) ?? Buffer.alloc(0) // the three lengths before it
    const hints = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(
        fc.constantFrom('sec-ch-ua', 'sec-ch-ua-platform', 'sec-ch-ua-mobile'),
        fc.oneof(wild, fc.jsonValue()),
      ),
    )
    const text = fc.option(wild)
    await fc.assert(
      fc.asyncProperty(
        text,
        text,
        hints,
        fc.uint8Array({ maxLength: 100 }),
        async (ipAddress, userAgent, clientHints, bytes) => {
          const texts = [user.id, ipAddress, userAgent]
          const lengths = String.fromCharCode(...texts.map((held) => (held === null ? 0 : held.length + 1)))
          const details = `${lengths}${texts.join('')}${JSON.stringify({ clientHints })}`
          await admin.hset(
            key,
            'AAAAAAAAAAAAAAAA',
            Buffer.concat([head, Buffer.from(details)]),
            'BBBBBBBBBBBBBBBB',
            Buffer.from(bytes),
          )
          const answer = await request('GET', '/trpc/devices.list', { cookie: own })
          wellAnswered(answer)
          expect(answer.text).toContain(`"id":"${id}"`)
          expect(answer.text, 'the record is read as one').toContain('"id":"AAAAAAAAAAAAAAAA"')
        },
      ),
      { numRuns },
    )
  })
})

test('after all of this the server answers, its user is signed in, and its memory is what it was', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void // what the flag exposes
  const used = (): number => {
    collect()
    return process.memoryUsage().heapUsed / 1024 / 1024
  }
  const some = async (): Promise<void> => {
    for (let n = 0; n < 150; n += 1)
      await request('POST', '/api/auth/sign-in/email', { cookie: `x=${n}` }, `{"email":"${'x'.repeat(10_000)}${n}"}`)
  }
  await some()
  const before = used()
  await some()
  expect(used() - before, 'MB that 150 more requests have left behind').toBeLessThan(10)
  expect((await device.request('/trpc/session.current')).status).toBe(200)
  expect((await device.post('/api/auth/sign-in/email', { email: newEmail(), password: PASSWORD })).status).toBe(401)
})
