import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Browser, PASSWORD, signedUp, startServer, type TestServer } from './helpers.js'

let server: TestServer
let device: Browser & { email: string }
beforeAll(async () => {
  server = await startServer()
  device = await signedUp(server)
})
afterAll(() => server[Symbol.asyncDispose]())

const calls: [name: string, make: () => Promise<Response>][] = [
  ['session.current', () => device.request('/trpc/session.current')],
  ['devices.list', () => device.request('/trpc/devices.list')],
  ['devices.revoke', () => device.post('/trpc/devices.revoke', { id: 'AAAAAAAAAAAAAAAA' })],
  ['devices.revokeOthers', () => device.post('/trpc/devices.revokeOthers', undefined)],
  ['devices.revokeAll', () => device.post('/trpc/devices.revokeAll', undefined)],
  ['get-session', () => device.request('/api/auth/get-session')],
  ['sign-in', () => server.browser().post('/api/auth/sign-in/email', { email: device.email, password: PASSWORD })],
  ['sign-out', () => device.post('/api/auth/sign-out', {})],
]

const killed = {
  begin: () => process.kill(server.redis.pid, 'SIGKILL'),
  end: () => server.redis.restart(),
}
const hung = {
  begin: () => process.kill(server.redis.pid, 'SIGSTOP'),
  end: async () => process.kill(server.redis.pid, 'SIGCONT'),
}

async function back(): Promise<number> {
  const started = performance.now()
  while (performance.now() - started < 5_000) {
    if ((await server.send('/readyz')).status === 200) return performance.now() - started
    await pause(20)
  }
  throw new Error('The server did not come back')
}

describe.each([
  ['hung', hung],
  ['killed', killed],
])('while Redis is %s', (kind, { begin, end }) => {
  test('every call is answered 503 in time, no cookie is touched, and all is back without a restart', async () => {
    begin()
    try {
      for (const [name, make] of calls) {
        const started = performance.now()
        const response = await make()
        const took = performance.now() - started
        const answer = { name, status: response.status, retry: response.headers.get('retry-after'), cookies: response.headers.getSetCookie() }
        expect(answer, await response.clone().text()).toEqual({ name, status: 503, retry: name.includes('.') ? '1' : answer.retry, cookies: [] })
        expect(took).toBeLessThan(1_000) // the command timeout is 200 ms, and two commands may follow each other
        if (name.includes('.')) {
          expect(await response.json()).toMatchObject({ error: { data: { code: 'SERVICE_UNAVAILABLE', httpStatus: 503 } } })
        }
      }
      const ready = await server.send('/readyz')
      expect(ready.status).toBe(503)
      expect(await ready.json()).toEqual({ status: 'unavailable', redis: 'unavailable', database: 'ok' })
      expect((await server.send('/healthz')).status).toBe(200)
    } finally {
      await end()
    }
    expect(await back()).toBeLessThan(2_000)
    if (kind === 'killed') device = await signedUp(server) // this Redis keeps nothing
    expect((await device.request('/trpc/devices.list')).status).toBe(200)
  })
})

test('revocations during an outage are audited as unavailable, never as done', () => {
  const revocations = server.audits().filter(({ event }) => String(event).startsWith('revoke'))
  expect(revocations.length).toBe(6)
  for (const { result, ended } of revocations) expect({ result, ended }).toEqual({ result: 'unavailable', ended: undefined })
})

test('sign-ins during an outage are audited as unavailable', () => {
  const last = server.audits().findLast(({ event, result }) => event === 'sign-in' && result !== 'ok')
  expect(last).toEqual({ event: 'sign-in', result: 'unavailable', ipAddress: '127.0.0.1' })
})

test('the cause of an outage is in the log, and nowhere else', async () => {
  process.kill(server.redis.pid, 'SIGSTOP')
  try {
    const response = await device.request('/trpc/devices.list')
    expect(await response.text()).not.toMatch(/redis|timed out/i)
  } finally {
    process.kill(server.redis.pid, 'SIGCONT')
  }
  const line = server.lines().findLast(({ msg }) => msg === 'A procedure failed')
  expect(line).toMatchObject({ level: 'error', procedure: 'devices.list', err: { name: 'SessionStoreUnavailableError', cause: { message: 'Command timed out' } } })
  await back()
})

test('without its database the server answers 503 where it needs it, and 200 where it does not', async () => {
  await using broken = await startServer()
  const person = await signedUp(broken)
  await broken.database().close()
  expect((await person.request('/trpc/devices.list')).status).toBe(200)
  const current = await person.request('/trpc/session.current')
  expect(current.status).toBe(503)
  expect(current.headers.get('retry-after')).toBe('1')
  const signIn = await broken.browser().post('/api/auth/sign-in/email', { email: person.email, password: PASSWORD })
  expect(signIn.status).toBe(503)
  expect(await signIn.json()).toEqual({ code: 'SERVICE_UNAVAILABLE', message: expect.any(String) })
  const ready = await broken.send('/readyz')
  expect(ready.status).toBe(503)
  expect(await ready.json()).toEqual({ status: 'unavailable', redis: 'ok', database: 'unavailable' })
})
