import { readFileSync } from 'node:fs'
import { freePort, startRedis } from '@rollcall/dev-redis'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { listen as listenToStore } from '../store.ts'
import { browser, cookieOf } from './browser.ts'
import { type Server, startServers } from './servers.ts'

const names = ['express', 'hono', 'fastify', 'next'] as const
let redis: Awaited<ReturnType<typeof startRedis>>
let servers: Server[]
let store: { readonly origin: string; readonly close: () => unknown }

beforeAll(async () => {
  redis = await startRedis()
  servers = await startServers(redis.url)
  const port = await freePort()
  store = { origin: `http://localhost:${port}`, close: await listenToStore(port, redis.url) }
})
afterAll(async () => {
  for (const { close } of [...servers, store]) await close()
  await redis.stop()
})

function serverOf(name: string): Server {
  const server = servers.find((each) => each.name === name)
  if (!server) throw new Error(`There is no server of ${name}`)
  return server
}

describe.each(names)('%s', (name) => {
  test('a device that is revoked is refused at its next call, in every router of the application', async () => {
    const server = serverOf(name)
    const laptop = await browser(server, 'sign-up')
    const phone = await browser(server, 'sign-in')
    const stranger = await browser(server, 'sign-up', 'eve@example.org')
    expect(await phone.greeting.query()).toMatch(/^Hello, /)

    const [here, there] = await laptop.devices.list.query()
    expect([here?.isCurrent, there?.isCurrent]).toEqual([true, false])
    const id = there?.id ?? ''
    const stream = await phone.stream()
    expect(await stranger.devices.revoke.mutate({ id })).toEqual({ revoked: 0 })
    expect(await laptop.devices.revoke.mutate({ id })).toEqual({ revoked: 1 })

    const messages = await stream.text() // the stream closes after the last
    expect(messages).toContain('"type":"ended","cause":"revoke"')
    expect(messages, 'a dead connection is noticed').toContain('"reconnectAfterInactivityMs":25000')

    const refused = { data: { code: 'UNAUTHORIZED', httpStatus: 401 } }
    await expect(phone.devices.list.query()).rejects.toMatchObject(refused)
    await expect(phone.greeting.query()).rejects.toMatchObject(refused)
    expect(await laptop.devices.list.query()).toMatchObject([{ id: here?.id }])
  })

  test('a form of another origin of the same site revokes nothing', async () => {
    const server = serverOf(name)
    const { cookie } = await browser(server, 'sign-up', 'grace@example.org')
    const phone = await browser(server, 'sign-in', 'grace@example.org')
    const body = new FormData() // needs no permission of the server, and SameSite=Lax sends the cookie along
    body.set('any', 'field')
    const headers = { cookie, origin: 'http://other.localhost', 'sec-fetch-site': 'same-site' }
    const answer = await fetch(`${server.trpc}/devices.revokeOthers`, { method: 'POST', headers, body })
    expect([403, 415]).toContain(answer.status) // 415: earlier versions of tRPC take no form from Fastify
    expect(await phone.greeting.query()).toMatch(/^Hello, /)
  })
})

test('the store alone: a session that is revoked is refused at its next request', async () => {
  const request = (method: string, path: string, cookie = '') =>
    fetch(`${store.origin}${path}`, { method, headers: { cookie } })
  const [laptop = '', phone = ''] = await Promise.all(
    ['laptop', 'phone'].map(async () => cookieOf(await request('POST', '/sign-in?user=ada'))),
  )
  const devices: { id: string; isCurrent: boolean }[] = await (await request('GET', '/devices', laptop)).json()
  const other = devices.find(({ isCurrent }) => !isCurrent)
  expect(await (await request('POST', `/revoke?id=${other?.id}`, laptop)).json()).toEqual({ revoked: 1 })
  expect((await request('GET', '/devices', phone)).status).toBe(401)
  expect((await request('GET', '/devices', laptop)).status).toBe(200)
})

test('an outage is no sign-out: 503 in every application, and no cookie is cleared', async () => {
  const laptops = await Promise.all(names.map((name) => browser(serverOf(name), 'sign-in')))
  const cookie = cookieOf(await fetch(`${store.origin}/sign-in?user=ada`, { method: 'POST' }))
  await redis.stop()
  const unavailable = { data: { code: 'SERVICE_UNAVAILABLE', httpStatus: 503 } }
  for (const { devices, greeting } of laptops) {
    await expect(devices.list.query()).rejects.toMatchObject(unavailable)
    await expect(greeting.query()).rejects.toMatchObject(unavailable)
  }
  const answer = await fetch(`${store.origin}/devices`, { headers: { cookie } })
  expect([answer.status, answer.headers.getSetCookie()]).toEqual([503, []])
})

test('Next that starts without Redis answers 503', async () => {
  vi.resetModules()
  vi.stubEnv('REDIS_URL', `redis://localhost:${await freePort()}`)
  const { GET } = await import('../next/app/api/auth/[...all]/route.ts')
  const { status, headers } = await GET(new Request('http://localhost:3000/api/auth/get-session'))
  expect([status, headers.getSetCookie()]).toEqual([503, []])
  vi.unstubAllEnvs()
})

test.runIf(process.env['ROLLCALL_ROOT'])('the READMEs show the lines of these applications as they stand', () => {
  const text = (path: string) => readFileSync(`${process.env['ROLLCALL_ROOT']}/${path}`, 'utf8')
  const shown = (path: string) => [...text(path).matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code)
  const applications = ['express', 'hono', 'fastify', 'next/sessions', 'next/app/api/auth/[...all]/route']
  const whole = ['sessions', ...applications, 'next/app/api/trpc/[trpc]/route'].map((name) =>
    text(`examples/${name}.ts`),
  )
  expect(shown('README.md')).toEqual([whole[0]])
  expect(shown('packages/trpc/README.md')).toEqual(whole)
})
