import { connect } from 'node:net'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, newEmail, PASSWORD, signedUp, startServer, type TestServer } from './helpers.js'

let server: TestServer
let device: Browser
beforeAll(async () => {
  const webRoot = await mkdtemp(join(tmpdir(), 'rollcall-page-'))
  await mkdir(join(webRoot, 'assets'))
  await writeFile(join(webRoot, 'index.html'), '<!doctype html><title>Rollcall</title>')
  await writeFile(join(webRoot, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  await writeFile(join(webRoot, 'assets', 'index-4f2a.js'), 'void 0')
  server = await startServer({ webRoot })
  device = await signedUp(server)
})
afterAll(() => server[Symbol.asyncDispose]())

const navigation = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

describe('security headers', () => {
  test.each(['/', '/trpc/devices.list', '/api/auth/get-session', '/healthz', '/readyz', '/nowhere', '/assets/index-4f2a.js'])(
    'are on %s',
    async (path) => {
      const { headers } = await server.send(path)
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; " +
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
    },
  )

  test('tell a browser to stay on https, where the site is on https', async () => {
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

describe('the page', () => {
  test.each(['/', '/security', '/reset-password?token=abc', '/anything/below'])('is served on a navigation to %s', async (path) => {
    const response = await server.send(path, { headers: navigation })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/html/)
    expect(response.headers.get('accept-ch')).toBe('Sec-CH-UA-Platform-Version')
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(await response.text()).toContain('<title>Rollcall</title>')
  })

  test.each([
    ['/security', { accept: '*/*' }],
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
      headers: { 'content-type': 'application/json', cookie: `rollcall.session_token=${device.jar.get('rollcall.session_token')}`, ...headers },
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
    expect(await response.json()).toMatchObject({ error: { code: -32003, data: { code: 'FORBIDDEN', httpStatus: 403 } } })
  })

  test('is taken from the page, and from a program that has the cookie', async () => {
    for (const headers of [{ origin: server.baseUrl, 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'same-origin' }, {}]) {
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
      headers: { 'content-type': 'application/json', origin: 'https://evil.example', cookie: `rollcall.session_token=${device.jar.get('rollcall.session_token')}` },
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

  test.each(['{', '"', '{"id":', 'undefined', '\u0000'])('bad JSON such as %j is refused, and not quoted', async (body) => {
    const response = await device.request('/trpc/devices.revoke', { method: 'POST', body })
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { message: 'The input is not valid JSON' } })
    const signIn = await server.browser().request('/api/auth/sign-in/email', { method: 'POST', body })
    expect(signIn.status).toBe(400)
    expect(await signIn.json()).toEqual({ code: 'BAD_REQUEST', message: 'Invalid JSON in request body' })
  })

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
    if (code !== undefined) expect(await response.json()).toMatchObject({ error: { data: { code, httpStatus: status } } })
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

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/octet-stream', ''])(
    'a body of type %j, as a form of another site could send it, is refused',
    async (type) => {
      const response = await device.request('/trpc/devices.revokeOthers', { method: 'POST', headers: { 'content-type': type } })
      expect(response.status).toBe(415)
    },
  )

  test('a streamed answer is refused, because it could not clear a cookie', async () => {
    const response = await device.request('/trpc/devices.list?batch=1', { headers: { 'trpc-accept': 'application/jsonl' } })
    expect(response.status).toBe(400)
  })

  test.each([
    ['/api/auth/sign-up/email', `{"email":"odd@example.org","password":"${PASSWORD}","name":{}}`, 'name'],
    ['/api/auth/sign-up/email', `{"email":"odd@example.org","password":"${PASSWORD}","name":"x","image":7}`, 'image'],
    ['/api/auth/sign-up/email', `{"email":"odd@example.org","password":"${PASSWORD}","name":"x","image":{}}`, 'image'],
    ['/api/auth/sign-up/email', `{"email":"odd@example.org","password":"${PASSWORD}","name":"\\u0000"}`, 'NUL'],
    ['/api/auth/reset-password?token=%00', '{"newPassword":"a new password"}', 'NUL'],
  ])('what a database would fail with is refused by name: %s %s', async (path, body, named) => {
    const response = await device.request(path, { method: 'POST', body })
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({ code: 'BAD_REQUEST', message: expect.stringContaining(named) })
  })

  test('a backslash before u0000 is no NUL', async () => {
    const body = { email: newEmail(), password: PASSWORD, name: 'Ada \\u0000' }
    expect((await server.browser().post('/api/auth/sign-up/email', body)).status).toBe(200)
  })

  test('bytes that are no HTTP are answered 400, and the server lives on', async () => {
    const { port } = new URL(server.url)
    for (const bytes of ['nonsense\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 'GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n']) {
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
    const reported = { documentURL: 'http://localhost/api/auth/reset-password/topsecret', blockedURL: 'https://evil.example/x.js?y', effectiveDirective: 'script-src-elem' }
    const now = await report([{ type: 'csp-violation', body: reported }, { type: 'deprecation', body: {} }], 'application/reports+json')
    expect(now.status).toBe(204)
    expect(violations().slice(before)).toEqual([
      { page: 'http://localhost/reset-password', blocked: 'inlinelevelfatal', directive: 'script-srcself' },
      { page: 'http://localhost/api/auth/reset-password/:token', blocked: 'https://evil.example/x.js', directive: 'script-src-elem' },
    ])
    expect(JSON.stringify(server.lines())).not.toContain('topsecret')
  })

  test.each([[{}], ['text'], [null], [[{ type: 1 }]]])('that is none, such as %j, is refused', async (body) => {
    expect((await report(body)).status).toBe(400)
  })

  test.each(['https://example.org/', 'https://', 'data:,', ''])('writes short lines, however long it is: %j', async (start) => {
    const long = `${start}${'x'.repeat(15_000 - start.length)}`
    const before = server.lines().length
    expect((await report({ 'csp-report': { 'document-uri': long } })).status).toBe(204)
    expect((await report({ 'csp-report': { 'blocked-uri': long } })).status).toBe(204)
    expect((await report({ 'csp-report': { 'violated-directive': long } })).status).toBe(204)
    const lines = server.lines().slice(before).filter(({ violation }) => violation)
    expect(lines).toHaveLength(3)
    for (const line of lines) expect(JSON.stringify(line).length).toBeLessThan(500)
  })

  test('writes ten lines at the most', async () => {
    const before = violations().length
    await report(Array.from({ length: 50 }, () => ({ type: 'csp-violation', body: { effectiveDirective: 'style-src' } })))
    expect(violations()).toHaveLength(before + 10)
  })
})
