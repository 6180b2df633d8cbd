import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Browser, withRedis, signUpDevice, startServer, type TestServer } from '../helpers.js'

// A client's connection is reset while the server uses it. An `error` event that nobody handles would end the process, and
// fail this file.

let server: TestServer
let device: Browser
beforeAll(async () => {
  server = await startServer()
  device = await signUpDevice(server)
})
afterAll(() => server[Symbol.asyncDispose]())

/** Sends the beginning of a request, and resolves with its socket. */
async function begin(method: string, path: string, headers: Record<string, string>, body = ''): Promise<Socket> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const cookie = [...device.jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const lines = Object.entries({ host: 'localhost', origin: server.baseUrl, cookie, ...headers })
  socket.write(
    [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), '', body].join('\r\n'),
  )
  return socket
}

test('a stream whose connection is reset is closed, also with messages on their way', async () => {
  const socket = await begin('GET', '/trpc/devices.changes', { accept: 'text/event-stream' })
  await once(socket, 'data')
  socket.pause() // from now on, what the server sends waits on its way
  await device.signIn(await emailOf(device))
  socket.resetAndDestroy()
  while (server.openStreams() > 0) await new Promise((resolve) => setImmediate(resolve))
  await withRedis(server.redis, async (admin) => {
    while (((await admin.call('PUBSUB', 'CHANNELS')) as unknown[]).length > 0) await admin.ping()
  })
})

test.each(['/trpc/devices.rename', '/api/auth/sign-in/email', '/csp-report'])(
  'a request to %s whose connection is reset in its body changes nothing, and the next one is answered',
  async (path) => {
    const before = await device.api.devices.list.query()
    const length = { 'content-type': 'application/json', 'content-length': '100' }
    const socket = await begin('POST', path, length, '{"name":')
    socket.resetAndDestroy()
    await once(socket, 'close')
    const after = await device.api.devices.list.query()
    expect(after.map(({ id, name }) => [id, name])).toEqual(before.map(({ id, name }) => [id, name]))
    expect((await server.send('/healthz')).status).toBe(200)
  },
)

async function emailOf(signedIn: Browser): Promise<string> {
  return (await signedIn.api.session.current.query()).user.email
}
