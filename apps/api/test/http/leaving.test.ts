import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { startApi } from '@rollcall/dev-servers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { signUpDevice, startServer, type TestServer } from '../helpers.js'

/** One answer over a kept-alive connection of `agent`, which no `fetch` would show. */
async function answerOf(
  url: string,
  agent: Agent,
  options: { method?: string; headers?: Record<string, string> } = {},
) {
  const sent = request(url, { agent, ...options }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage] // of `response`
  response.resume()
  await once(response, 'end')
  return {
    status: response.statusCode,
    connection: response.headers.connection,
    keepAlive: response.headers['keep-alive'],
  }
}

describe('an idle connection', () => {
  test.each([
    ['by default for longer than the 60 s of nginx and of many a load balancer', {}, 'timeout=65'],
    ['for as long as KEEP_ALIVE_SECONDS say', { KEEP_ALIVE_SECONDS: '620' }, 'timeout=620'],
  ])('stays open %s', async (_, env, keepAlive) => {
    await using server = await startServer({ env })
    const agent = new Agent({ keepAlive: true })
    expect(await answerOf(`${server.url}/healthz`, agent)).toEqual({ status: 200, connection: 'keep-alive', keepAlive })
    agent.destroy()
  })

  test('is closed after that', async () => {
    await using server = await startServer({ env: { KEEP_ALIVE_SECONDS: '1' } })
    const connection = connect(server.port, '127.0.0.1')
    connection.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(connection, 'data')
    await once(connection, 'end')
  })
})

describe('a server that leaves', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startServer({ env: { LEAVING_SECONDS: '600' } })
  })
  afterAll(async () => server[Symbol.asyncDispose]())

  test('is not ready, serves everything, streams too, and each answer closes its connection', async () => {
    const device = await signUpDevice(server)
    const agent = new Agent({ keepAlive: true })
    const stream = await device.stream()
    await stream.message()
    const late = request(`${server.url}/csp-report`, {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json', 'content-length': '2' },
    })
    late.flushHeaders()
    expect((await answerOf(`${server.url}/readyz`, agent)).status).toBe(200)

    void server.leave()
    expect(await answerOf(`${server.url}/readyz`, agent)).toMatchObject({ status: 503, connection: 'close' })
    for (const [path, status] of [
      ['/healthz', 200],
      ['/nowhere', 404],
      ['/trpc/session.current', 401],
      ['/api/auth/nowhere', 404],
    ] as const) {
      expect({ path, ...(await answerOf(server.url + path, agent)) }).toMatchObject({
        path,
        status,
        connection: 'close',
      })
    }
    late.end('{}') // under way when the server began to leave
    const [answer] = (await once(late, 'response')) as [IncomingMessage] // of `response`
    expect(answer.headers.connection).toBe('close')
    answer.resume()

    const id = (await device.api.session.current.query()).id
    const other = server.browser()
    await other.signIn(device.email)
    expect(await stream.message()).toHaveLength(2)
    const next = await other.stream()
    expect(await next.message()).toContain(id)
    for (const open of [stream, next]) await open.close()
    agent.destroy()
  })
})

test('a server that leaves ends streams while it still serves, and gives a page that comes back its list', async () => {
  await using server = await startServer({ env: { LEAVING_SECONDS: '1' } })
  const device = await signUpDevice(server)
  const stream = await device.stream()
  await stream.message()
  await server.leave()
  expect(await stream.next()).toEqual({ event: 'return', data: null })
  const next = await device.stream()
  expect(await next.message()).toHaveLength(1) // without it, the page would take the end for a failure, and wait longer
  expect(await next.next()).toEqual({ event: 'return', data: null })
})

test('a mail server that says nothing does not hold a drain up beyond its time', async () => {
  const sockets = new Set<Socket>()
  const mute = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1')
  await once(mute, 'listening')
  const { port } = mute.address() as AddressInfo // of a TCP server
  await using server = await startServer({ env: { SMTP_URL: `smtp://127.0.0.1:${port}` } })
  const device = await signUpDevice(server)
  const asked = once(mute, 'connection')
  await device.post('/api/auth/request-password-reset', { email: device.email, redirectTo: '/reset-password' })
  await asked
  const began = performance.now()
  await server.close()
  expect(performance.now() - began).toBeLessThan(8_000) // DRAIN_SECONDS is 4; a mail server is given 10
  for (const socket of sockets) socket.destroy()
  mute.close()
})

describe('the process', () => {
  test('leaves before it drains, and ends with 0', async () => {
    await using redis = await startServer()
    const api = await startApi(redis.dataDir, redis.redis.url, undefined, { LEAVING_SECONDS: '1' })
    const began = performance.now()
    expect(await api.stop()).toBe(0)
    expect(performance.now() - began).toBeGreaterThan(1_000)
  })

  test('ends at once on a second signal', async () => {
    await using redis = await startServer()
    const api = await startApi(redis.dataDir, redis.redis.url, undefined, { LEAVING_SECONDS: '600' })
    const stopped = api.stop()
    await expect.poll(async () => (await fetch(`${api.url}/readyz`)).status, { interval: 20 }).toBe(503)
    void api.stop('SIGINT')
    expect(await stopped).toBe(1)
  })
})
