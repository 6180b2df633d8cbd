/* oxlint-disable max-lines -- One server with a built page serves all of it. */
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { PAGE_PATHS } from '../../src/http/pages.js'
import { type Browser, newEmail, PASSWORD, signUpDevice, startServer, type TestServer } from '../helpers.js'

let server: TestServer
let device: Browser
let root: string
beforeAll(async () => {
  const webRoot = await mkdtemp(join(tmpdir(), 'rollcall-page-'))
  await mkdir(join(webRoot, 'assets'))
  await writeFile(join(webRoot, 'index.html'), '<!doctype html><title>Rollcall</title>')
  await writeFile(join(webRoot, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  await writeFile(join(webRoot, 'assets', 'index-4f2a.js'), 'void 0')
  await writeFile(join(webRoot, 'assets', 'index-4f2a.js.br'), brotliCompressSync('void 0'))
  await writeFile(join(webRoot, 'assets', 'index-4f2a.js.gz'), gzipSync('void 0'))
  root = webRoot
  server = await startServer({ webRoot })
  device = await signUpDevice(server)
})
afterAll(() => server[Symbol.asyncDispose]())

const navigation = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

/** As a browser opens a page: with the host that its address names, under which `fetch` sends nothing. */
async function navigate(path: string, headers: Record<string, string> = {}) {
  const request = get({
    host: '127.0.0.1',
    port: server.port,
    path,
    headers: { host: new URL(server.baseUrl).host, ...navigation, ...headers },
  })
  const [response] = (await once(request, 'response')) as [IncomingMessage] // of the event of this name
  return { status: response.statusCode, headers: response.headers, text: await text(response) }
}

describe('a page that is opened under another host', () => {
  const port = () => String(server.port)
  const warnings = () =>
    server.lines().flatMap(({ level, msg, host }) => (level === 'warn' && msg.includes('host') ? [[host, msg]] : []))

  test.each([
    ['127.0.0.1', '/'],
    ['192.168.1.20:8080', '/sign-in?notice=ended'],
    ['[::1]', '/security'],
    ['evil.example', '/reset-password?token=abc'],
    ['evil.example', '//evil.example/security'],
    ['evil.example', '/nowhere'],
    ['evil.example', '/@evil.example/'],
    ['localhost.evil.example', '/'],
  ])('leads from %s to BASE_URL: %s', async (host, path) => {
    const response = await navigate(path, { host })
    expect(response.status).toBe(302)
    const target = new URL(response.headers.location ?? '')
    expect(target.origin).toBe(server.baseUrl)
    expect(target.pathname + target.search).toContain(path.replace(/^[/@]+/, ''))
  })

  test('is served under the host of BASE_URL, however that is written', async () => {
    for (const host of [`localhost:${port()}`, `LOCALHOST:${port()}`])
      expect((await navigate('/', { host })).status).toBe(200)
    await using secure = await startServer({ env: { BASE_URL: 'https://rollcall.example' }, webRoot: root })
    for (const [host, status] of [
      ['rollcall.example', 200],
      ['Rollcall.example:443', 200],
      ['rollcall.example:80', 302],
    ] as const) {
      const request = get({ host: '127.0.0.1', port: secure.port, path: '/', headers: { host, ...navigation } })
      const [response] = (await once(request, 'response')) as [IncomingMessage] // of the event of this name
      response.resume()
      expect(response.statusCode, host).toBe(status)
    }
  })

  test('is named in the log with BASE_URL, once for each host, and not for ever', async () => {
    for (let times = 0; times < 2; times += 1) await navigate('/', { host: '10.1.2.3' })
    expect(server.lines().filter(({ host }) => host === '10.1.2.3')).toEqual([
      expect.objectContaining({ level: 'warn', baseUrl: server.baseUrl }),
    ])
    for (let n = 0; n < 200; n += 1) await navigate('/', { host: `h${n}.example` })
    expect(warnings().length).toBeLessThanOrEqual(100)
  })

  test('is served behind a proxy that hides the host of the browser, instead of leading in a circle', async () => {
    const first = await navigate('/security', { host: '127.0.0.1:3000' })
    expect(first.status).toBe(302)
    const cookie = String(first.headers['set-cookie']).split(';')[0] ?? ''
    expect(String(first.headers['set-cookie'])).toContain('Max-Age=5')
    expect((await navigate('/security', { host: '127.0.0.1:3000', cookie })).status).toBe(200)
    expect((await navigate('/', { host: '127.0.0.1:3000', cookie })).status).toBe(302)
  })

  test.each(['/healthz', '/readyz', '/trpc/devices.list', '/assets/index-4f2a.js', '/'])(
    'is asked for, but %s is not',
    async (path) => {
      const response = await navigate(path, { host: '10.0.0.7:3000', accept: '*/*' })
      expect(response.status).toBe(path.startsWith('/trpc') ? 401 : 200)
    },
  )
})

describe('security headers', () => {
  test.each([
    '/',
    '/trpc/devices.list',
    '/api/auth/get-session',
    '/healthz',
    '/readyz',
    '/nowhere',
    '/assets/index-4f2a.js',
  ])('are on %s', async (path) => {
    const { headers } = await server.send(path)
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
        "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; report-uri /csp-report; report-to csp",
    )
    expect(Object.fromEntries(headers)).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('camera=()'),
      'referrer-policy': 'no-referrer',
      'reporting-endpoints': 'csp="/csp-report"',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'x-request-id': expect.stringMatching(/^[\w-]{36}$/),
    })
    expect(headers.has('strict-transport-security')).toBe(false)
    expect(headers.has('x-powered-by')).toBe(false)
  })

  test('make a browser stay on https, where the site is on https', async () => {
    await using secure = await startServer({ env: { BASE_URL: 'https://rollcall.example' } })
    const { headers } = await secure.send('/healthz')
    expect(headers.get('strict-transport-security')).toBe('max-age=31536000')
  })
})

describe('caching', () => {
  test.each(['/trpc/devices.list', '/api/auth/get-session', '/healthz', '/readyz', '/nowhere', '/assets/gone.js'])(
    'nothing keeps %s',
    async (path) => expect((await device.request(path)).headers.get('cache-control')).toBe('no-store'),
  )

  test('files whose name changes with their content are kept, and the page is asked for anew', async () => {
    const controlOf = async (path: string) => (await server.send(path)).headers.get('cache-control')
    expect(await controlOf('/assets/index-4f2a.js')).toBe('public, max-age=31536000, immutable')
    expect(await controlOf('/icon.svg')).toBe('no-cache')
    expect(await controlOf('/')).toBe('no-cache')
  })
})

test.each([
  ['gzip, deflate, br, zstd', 'br'], // of a browser
  ['gzip, deflate', 'gzip'], // without TLS
  ['identity', null],
])('a script is sent as its browser understands it: %s', async (accepted, encoding) => {
  const response = await server.send('/assets/index-4f2a.js', { headers: { 'accept-encoding': accepted } })
  expect([response.status, await response.text()]).toEqual([200, 'void 0'])
  expect(response.headers.get('content-encoding')).toBe(encoding)
  expect(response.headers.get('content-type')).toMatch(/^text\/javascript/)
  expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  if (encoding !== null) expect(response.headers.get('vary')).toContain('Accept-Encoding')
})

describe('the page', () => {
  test.each(['/', '/security', '/Security/', '/reset-password?token=abc'])(
    'is served on a navigation to %s',
    async (path) => {
      const response = await navigate(path)
      expect(response.status).toBe(200)
      expect(response.headers['content-type']).toMatch(/^text\/html/)
      expect(response.headers['accept-ch']).toBe('Sec-CH-UA-Platform-Version, Sec-CH-UA-Model')
      expect(response.headers['cache-control']).toBe('no-cache')
      expect(response.text).toContain('<title>Rollcall</title>')
    },
  )

  test('knows each route of its router, and no other', async () => {
    const router = await readFile(new URL('../../../web/src/router.tsx', import.meta.url), 'utf8')
    const routes = [...router.matchAll(/\bpath: '([^']+)'/g)].map(([, path]) => path)
    expect(routes.toSorted()).toEqual(PAGE_PATHS.toSorted())
    for (const path of PAGE_PATHS)
      expect((await server.send(path, { headers: { accept: '*/*' } })).status, path).toBe(200)
  })

  test.each([
    '/anything',
    '/anything/below',
    '/security/below',
    '/sign-in.php',
    '/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200',
    '//security',
  ])('a browser that is led to %s gets the page, which says so, and the status 404', async (path) => {
    const response = await navigate(path)
    expect(response.status).toBe(404)
    expect(response.headers['content-type']).toMatch(/^text\/html/)
    expect(response.headers['cache-control']).toBe('no-store')
    expect(response.text).toContain('<title>Rollcall</title>')
    expect((await server.send(path, { headers: { accept: '*/*' } })).status).toBe(404)
  })

  test('the well-known address of a new password leads to where it is changed', async () => {
    for (const accept of ['*/*', navigation.accept]) {
      const response = await server.send('/.well-known/change-password', { headers: { accept } })
      expect([response.status, response.headers.get('location')]).toEqual([302, `${server.baseUrl}/security`])
    }
  })

  test.each([
    ['/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200', { accept: '*/*' }],
    ['/assets/gone.js', navigation],
    ['/api/nowhere', navigation],
    ['/api/auth/nowhere', navigation],
    ['/../../../package.json', { accept: '*/*' }],
    ['/..%2f..%2fpackage.json', { accept: '*/*' }],
  ])('is not served in the place of %s', async (path, headers) => {
    const response = await server.send(path, { headers })
    expect(response.status).toBe(404)
    expect(await response.json()).toEqual({ code: 'NOT_FOUND', message: 'There is nothing here' })
  })

  test('is not posted to', async () => {
    expect((await server.send('/security', { method: 'POST', headers: navigation })).status).toBe(404)
  })
})

describe('a change', () => {
  const revoke = (headers: Record<string, string>) =>
    server.send('/trpc/devices.revokeOthers', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        cookie: `rollcall.session_token=${device.jar.get('rollcall.session_token')}`,
        ...headers,
      },
    })

  test.each([
    ['of another site', { origin: 'https://evil.example' }],
    ['of another port', { origin: 'http://localhost:1' }],
    ['of a sandboxed page', { origin: 'null' }],
    ['of a site whose name begins like ours', { origin: 'http://localhost.evil.example' }],
    ['of another site that hides its origin', { 'sec-fetch-site': 'cross-site' }],
    ['of a neighbour below the same domain', { 'sec-fetch-site': 'same-site' }],
  ])('is refused from a page %s', async (_, headers) => {
    const response = await revoke(headers)
    expect(response.status).toBe(403)
    const error = {
      code: -32003,
      message: expect.stringContaining(`Open ${server.baseUrl} `),
      data: { code: 'FORBIDDEN', httpStatus: 403 },
    }
    expect(await response.json()).toMatchObject({ error })
  })

  test('that is refused is logged with both origins, once for each', async () => {
    for (let times = 0; times < 2; times += 1) await revoke({ origin: 'http://192.168.1.20:3000' })
    const logged = server.lines().filter(({ origin }) => origin === 'http://192.168.1.20:3000')
    expect(logged).toEqual([expect.objectContaining({ level: 'warn', baseUrl: server.baseUrl })])
  })

  test('is taken from the page, and from a program that has the cookie', async () => {
    for (const headers of [
      { origin: server.baseUrl, 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'same-origin' },
      {},
    ]) {
      expect((await revoke(headers)).status).toBe(200)
    }
  })

  test('is never made by a GET', async () => {
    const response = await device.request('/trpc/devices.revokeAll')
    expect(response.status).toBe(405)
    expect((await device.request('/trpc/session.current')).status).toBe(200)
  })

  test('of another site is refused by /api/auth as well', async () => {
    const response = await server.send('/api/auth/sign-out', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: 'https://evil.example',
        cookie: `rollcall.session_token=${device.jar.get('rollcall.session_token')}`,
      },
      body: '{}',
    })
    expect(response.status).toBe(403)
    expect((await device.request('/trpc/session.current')).status).toBe(200)
  })
})

describe('what is not understood', () => {
  const big = JSON.stringify({ id: 'x'.repeat(65 * 1024) })

  test('an oversized body is refused, in both ways of sending it', async () => {
    for (const path of ['/trpc/devices.revoke', '/api/auth/sign-in/email', '/csp-report', '/nowhere']) {
      expect((await device.request(path, { method: 'POST', body: big })).status, path).toBe(413)
      const chunked = new Blob([big]).stream()
      const init = { method: 'POST', body: chunked, duplex: 'half' } as RequestInit
      expect((await device.request(path, init)).status, `${path}, chunked`).toBe(413)
    }
  })

  test('a batch that is too large is refused as a whole', async () => {
    const path = (size: number) => `/trpc/${Array.from({ length: size }, () => 'devices.list').join(',')}?batch=1`
    expect((await device.request(path(20))).status).toBe(200)
    const response = await device.request(path(21))
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await response.json()).toMatchObject({ error: { data: { code: 'BAD_REQUEST' } } })
  })

  test.each(['{', '"', '{"id":', 'undefined', '\u0000'])(
    'bad JSON such as %j is refused, and not quoted',
    async (body) => {
      const response = await device.request('/trpc/devices.revoke', { method: 'POST', body })
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ error: { message: 'The input is not valid JSON' } })
      const signIn = await server.browser().request('/api/auth/sign-in/email', { method: 'POST', body })
      expect(signIn.status).toBe(400)
      expect(await signIn.json()).toEqual({ code: 'BAD_REQUEST', message: 'Invalid JSON in request body' })
    },
  )

  test.each([
    ['GET', '/trpc/nowhere', 404, 'NOT_FOUND'],
    ['GET', '/trpc/devices', 404, 'NOT_FOUND'],
    ['GET', '/trpc/__proto__', 404, 'NOT_FOUND'],
    ['GET', '/trpc/constructor.prototype', 404, 'NOT_FOUND'],
    ['GET', '/trpc/%', 400, 'BAD_REQUEST'],
    ['PUT', '/trpc/devices.list', 405, 'METHOD_NOT_SUPPORTED'],
    ['DELETE', '/trpc/devices.revoke', 405, 'METHOD_NOT_SUPPORTED'],
    ['HEAD', '/trpc/devices.list', 405, undefined],
    ['OPTIONS', '/trpc/devices.revoke', 405, 'METHOD_NOT_SUPPORTED'],
    ['POST', '/trpc/devices.list', 405, 'METHOD_NOT_SUPPORTED'],
  ])('%s %s', async (method, path, status, code) => {
    const response = await device.request(path, { method, headers: { 'content-type': 'application/json' } })
    expect(response.status).toBe(status)
    if (code !== undefined)
      expect(await response.json()).toMatchObject({ error: { data: { code, httpStatus: status } } })
  })

  test.each([
    ['GET', '/nowhere', 404, 'NOT_FOUND'],
    ['POST', '/', 404, 'NOT_FOUND'],
    ['GET', '/api', 404, 'NOT_FOUND'],
    ['GET', '/api/auth', 404, 'NOT_FOUND'],
    ['GET', '/api/auth/nowhere', 404, 'NOT_FOUND'],
    ['GET', '/csp-report', 404, 'NOT_FOUND'],
    ['DELETE', '/api/auth/sign-out', 405, 'METHOD_NOT_SUPPORTED'],
    ['GET', '/api/auth/sign-out', 405, 'METHOD_NOT_SUPPORTED'],
    ['POST', '/api/auth/update-user', 404, 'NOT_FOUND'],
    ['GET', '/api/auth/get-session', 404, 'NOT_FOUND'],
    ['GET', '/api/auth/error?error=x', 404, 'NOT_FOUND'],
    ['GET', '/api/auth/reset-password/token?callbackURL=/', 404, 'NOT_FOUND'],
    ['PUT', '/healthz', 404, 'NOT_FOUND'],
  ])('%s %s outside of tRPC', async (method, path, status, code) => {
    const response = await device.request(path, { method, headers: { accept: '*/*' } })
    expect(response.status).toBe(status)
    expect(await response.json()).toEqual({ code, message: expect.any(String) })
  })

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    '',
  ])('a body of type %j, as a form of another site could send it, is refused', async (type) => {
    const response = await device.request('/trpc/devices.revokeOthers', {
      method: 'POST',
      headers: { 'content-type': type },
    })
    expect(response.status).toBe(415)
  })

  test('a streamed answer is refused, because it could not clear a cookie', async () => {
    const response = await device.request('/trpc/devices.list?batch=1', {
      headers: { 'trpc-accept': 'application/jsonl' },
    })
    expect(response.status).toBe(400)
  })

  test.each([
    [
      '/api/auth/sign-up/email',
      `{"email":"odd@example.org","password":"${PASSWORD}","name":{}}`,
      'name',
      'INVALID_NAME',
    ],
    ['/api/auth/sign-up/email', `{"email":"odd@example.org","password":"${PASSWORD}","name":"x","image":7}`, 'image'],
    ['/api/auth/sign-up/email', `{"email":"odd@example.org","password":"${PASSWORD}","name":"x","image":{}}`, 'image'],
    ['/api/auth/sign-up/email', `{"email":"odd@example.org","password":"${PASSWORD}","name":"\\u0000"}`, 'NUL'],
    ['/api/auth/reset-password?token=%00', '{"newPassword":"a new password"}', 'NUL'],
  ])('what a database would fail with is refused by name: %s %s', async (path, body, named, code = 'BAD_REQUEST') => {
    const response = await device.request(path, { method: 'POST', body })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ code, message: expect.stringContaining(named) })
  })

  test('a backslash before u0000 is no NUL', async () => {
    const body = { email: newEmail(), password: PASSWORD, name: 'Ada \\u0000' }
    expect((await server.browser().post('/api/auth/sign-up/email', body)).status).toBe(200)
  })

  test('bytes that are no HTTP are answered 400, and the server lives on', async () => {
    const { port } = new URL(server.url)
    for (const bytes of [
      'nonsense\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: a b\r\n\r\n',
      'GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n',
    ]) {
      const socket = connect(Number(port), '127.0.0.1').end(bytes)
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 400 /)
    }
    expect((await server.send('/healthz')).status).toBe(200)
  })

  test('a Host of someone else changes nothing that is answered', async () => {
    const { port } = new URL(server.url)
    const body = JSON.stringify({ email: 'nobody@example.org', password: PASSWORD })
    const request = [
      'POST /api/auth/sign-in/email HTTP/1.1',
      'Host: evil.example',
      `Origin: ${server.baseUrl}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      'Connection: close',
      '',
      body,
    ]
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(request.join('\r\n'))
    const answer = await text(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
    expect(answer).not.toContain('evil')
  })
})

describe('a report of a broken Content-Security-Policy', () => {
  const report = (body: unknown, type = 'application/csp-report') =>
    server.send('/csp-report', { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify(body) })
  const violations = () => server.lines().flatMap(({ violation }) => violation ?? [])

  test('is logged in both spellings, without what may be secret or forged in it', async () => {
    const before = violations().length
    const old = await report({
      'csp-report': {
        'document-uri': 'http://localhost/reset-password?token=topsecret#also',
        'blocked-uri': 'inline\n{"level":"fatal"}',
        'violated-directive': "script-src 'self'",
        'script-sample': 'alert(document.cookie)',
      },
    })
    expect(old.status).toBe(204)
    const reported = {
      documentURL: 'http://localhost/api/auth/reset-password/topsecret',
      blockedURL: 'https://evil.example/x.js?y',
      effectiveDirective: 'script-src-elem',
    }
    const now = await report(
      [
        { type: 'csp-violation', body: reported },
        { type: 'deprecation', body: {} },
      ],
      'application/reports+json',
    )
    expect(now.status).toBe(204)
    expect(violations().slice(before)).toEqual([
      { page: 'http://localhost/reset-password', blocked: 'inlinelevelfatal', directive: 'script-srcself' },
      {
        page: 'http://localhost/api/auth/reset-password/:token',
        blocked: 'https://evil.example/x.js',
        directive: 'script-src-elem',
      },
    ])
    expect(JSON.stringify(server.lines())).not.toContain('topsecret')
  })

  test.each([[{}], ['text'], [null], [[{ type: 1 }]]])('that is none, such as %j, is refused', async (body) => {
    expect((await report(body)).status).toBe(400)
  })

  test.each(['https://example.org/', 'https://', 'data:,', ''])(
    'writes short lines, however long it is: %j',
    async (start) => {
      const long = `${start}${'x'.repeat(15_000 - start.length)}`
      const before = server.lines().length
      expect((await report({ 'csp-report': { 'document-uri': long } })).status).toBe(204)
      expect((await report({ 'csp-report': { 'blocked-uri': long } })).status).toBe(204)
      expect((await report({ 'csp-report': { 'violated-directive': long } })).status).toBe(204)
      const lines = server
        .lines()
        .slice(before)
        .filter(({ violation }) => violation)
      expect(lines).toHaveLength(3)
      for (const line of lines) expect(JSON.stringify(line).length).toBeLessThan(500)
    },
  )

  test('writes ten lines at the most', async () => {
    const before = violations().length
    await report(
      Array.from({ length: 50 }, () => ({ type: 'csp-violation', body: { effectiveDirective: 'style-src' } })),
    )
    expect(violations()).toHaveLength(before + 10)
  })
})
