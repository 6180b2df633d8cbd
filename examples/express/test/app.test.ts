import { readFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startRedis } from '@rollcall/dev-redis'
import { createTRPCClient, httpBatchLink } from '@trpc/client'
import { expect, test } from 'vitest'
import { type AppRouter, createApp } from '../src/app.js'

/** The application on a port of its own, with a Redis of its own. */
async function startApp() {
  const redis = await startRedis()
  let answer: RequestListener | undefined
  const server = createServer((request, response) => answer?.(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { app, close } = await createApp({
    redisUrl: redis.url,
    baseURL,
    secret: 'a secret of the example, of 32 characters or more',
  })
  answer = app

  /** A browser: where it is signed in, and the client that its page would have. */
  async function browser(path: string, body: object) {
    const headers = { 'content-type': 'application/json', origin: baseURL }
    const response = await fetch(`${baseURL}/api/auth/${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    expect(response.status).toBe(200)
    const cookie = response.headers
      .getSetCookie()
      .map((value) => value.split(';')[0])
      .join('; ')
    const api = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: `${baseURL}/trpc`, headers: { cookie } })] })
    return {
      devices: api.devices,
      greeting: api.greeting,
      stream: () => fetch(`${baseURL}/trpc/devices.changes`, { headers: { cookie, accept: 'text/event-stream' } }),
    }
  }

  return {
    redis,
    signUp: (email: string) => browser('sign-up/email', { email, password: 'correct horse battery', name: 'Ada' }),
    signIn: (email: string) => browser('sign-in/email', { email, password: 'correct horse battery' }),
    async [Symbol.asyncDispose]() {
      close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await redis.stop()
    },
  }
}

test('a device that is revoked is refused at its next call, in every router of the application', async () => {
  await using t = await startApp()
  const laptop = await t.signUp('ada@example.org')
  const phone = await t.signIn('ada@example.org')
  const stranger = await t.signUp('eve@example.org')
  expect(await phone.greeting.query()).toMatch(/^Hello, /)

  const [here, there] = await laptop.devices.list.query()
  expect([here?.isCurrent, there?.isCurrent]).toEqual([true, false])
  const id = there?.id ?? ''
  const told = await phone.stream()
  expect(await stranger.devices.revoke.mutate({ id })).toEqual({ revoked: 0 })
  expect(await laptop.devices.revoke.mutate({ id })).toEqual({ revoked: 1 })

  expect(await told.text()).toContain('"type":"ended","cause":"revoke"') // the stream ends with that

  const refused = { data: { code: 'UNAUTHORIZED', httpStatus: 401 } }
  await expect(phone.devices.list.query()).rejects.toMatchObject(refused)
  await expect(phone.greeting.query()).rejects.toMatchObject(refused)
  expect(await laptop.devices.list.query()).toMatchObject([{ id: here?.id }])
})

test('an outage is no sign-out: 503, in every router of the application', async () => {
  await using t = await startApp()
  const laptop = await t.signUp('ada@example.org')
  await t.redis.stop()
  const unavailable = { data: { code: 'SERVICE_UNAVAILABLE', httpStatus: 503 } }
  await expect(laptop.devices.list.query()).rejects.toMatchObject(unavailable)
  await expect(laptop.greeting.query()).rejects.toMatchObject(unavailable)
})

test('the README shows a file of this application as it stands, and the ten lines of the store', () => {
  const text = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
  const shown = (path: string) => [...text(path).matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code)
  expect(shown('README.md')).toEqual([
    text('examples/express/src/sessions.ts'),
    shown('packages/session-store/README.md')[0],
  ])
})
