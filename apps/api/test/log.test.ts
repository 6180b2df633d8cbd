import { SessionStoreUnavailableError } from '@rollcall/session-store'
import { expect, test } from 'vitest'
import { createLog, loggablePath, requestScope } from '../src/log.js'
import { production, signUpDevice, startServer } from './helpers.js'

function captureLog() {
  const output: string[] = []
  return {
    log: createLog({ write: (line) => output.push(line) }),
    output,
    last: () => JSON.parse(output.at(-1) ?? '') as object,
  }
}

test('what stands under the name of a secret is struck out', () => {
  const { log, output } = captureLog()
  log.info({
    cookie: 's3cret',
    req: { headers: { cookie: 's3cret', authorization: 's3cret', 'set-cookie': ['s3cret'] } },
    body: { password: 's3cret' },
  })
  expect(output.join()).not.toContain('s3cret')
  expect(output.join()).toContain('[Redacted]')
})

test('of an error only what is known to be harmless is kept', () => {
  const { log, last } = captureLog()
  const driver = Object.assign(new Error('duplicate key'), {
    code: '23505',
    detail: 'Key (email)=(ada@example.org) already exists.',
  })
  log.error({ err: new Error('It failed', { cause: driver }) }, 'failed')
  expect(last()).toMatchObject({ err: { message: 'It failed', cause: { message: 'duplicate key', code: '23505' } } })
  expect(JSON.stringify(last())).not.toContain('ada@')
})

test('an error has its stack, but for an outage: where Redis gave no answer says nothing, and every request would repeat it', () => {
  const { log, last } = captureLog()
  log.error({ err: new Error('It failed', { cause: new Error('because') }) }, 'failed')
  expect(last()).toMatchObject({
    err: { stack: expect.stringContaining('log.test.ts'), cause: { stack: expect.stringContaining('log.test.ts') } },
  })
  log.error({ err: new SessionStoreUnavailableError(new Error('Command timed out')) }, 'failed')
  expect(last()).toMatchObject({
    err: {
      name: 'SessionStoreUnavailableError',
      message: 'The session store is unavailable',
      cause: { name: 'Error', message: 'Command timed out' },
    },
  })
  expect(JSON.stringify(last())).not.toContain('log.test.ts')
})

test('lines of one request bear its id, and nothing of each other', () => {
  const { log, output } = captureLog()
  requestScope.run({ requestId: 'r1' }, () => {
    log.info({ audit: { event: 'revoke' } }, 'one')
    log.info('two')
  })
  log.info('three')
  const lines = output.map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(lines.map(({ requestId, audit, msg }) => ({ requestId, audit, msg }))).toEqual([
    { requestId: 'r1', audit: { event: 'revoke' }, msg: 'one' },
    { requestId: 'r1', audit: undefined, msg: 'two' },
    { requestId: undefined, audit: undefined, msg: 'three' },
  ])
})

test.each([
  ['/api/auth/reset-password/AbC123', '/api/auth/reset-password/:token'],
  ['/api/auth/reset-password/AbC/123', '/api/auth/reset-password/:token'],
  ['/api/auth/reset-password', '/api/auth/reset-password'],
  [`/${'x'.repeat(500)}`, `/${'x'.repeat(199)}`],
])('the path %s is logged as %s', (path, logged) => expect(loggablePath(path)).toBe(logged))

test('every request leaves a line with what it was, from where, and what came of it', async () => {
  await using server = await startServer({ env: production })
  const { request } = await signUpDevice(server)
  const given = await request('/trpc/devices.list?batch=1&input=%7B%7D&secret=topsecret', {
    headers: { 'x-request-id': 'from-the-proxy-1' },
  })
  expect(given.headers.get('x-request-id')).toBe('from-the-proxy-1')
  expect(server.lines().at(-1)).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-.*Z$/),
    requestId: 'from-the-proxy-1',
    method: 'GET',
    path: '/trpc/devices.list',
    status: 200,
    ms: expect.any(Number),
    address: '127.0.0.1',
    msg: 'request',
  })
  for (const forged of ['a b', 'x'.repeat(65), '{"level":"fatal"}']) {
    const response = await request('/healthz', { headers: { 'x-request-id': forged } })
    expect(response.headers.get('x-request-id')).toMatch(/^[\da-f-]{36}$/)
  }
  expect(JSON.stringify(server.lines())).not.toMatch(/topsecret|fatal/)
})

test('the audit of a sign-in bears the id of its request', async () => {
  await using server = await startServer()
  const { email } = await signUpDevice(server)
  const response = await server.browser().signIn(email)
  const line = server.lines().findLast(({ audit }) => audit !== undefined)
  expect(line?.requestId).toBe(response.headers.get('x-request-id'))
  expect(line?.audit).toMatchObject({
    event: 'sign-in',
    result: 'ok',
    ipAddress: '127.0.0.1',
    userId: expect.any(String),
    sessionId: expect.any(String),
  })
})
