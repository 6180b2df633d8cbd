import { betterAuth } from 'better-auth'
import { createAuthEndpoint } from 'better-auth/api'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { authConfig } from '../../src/accounts/auth.js'
import { openEndpoints } from '../../src/accounts/open-endpoints.js'
import { noAccountMails, secret, startServer } from './helpers.js'

// An endpoint of better-auth is closed unless this application uses it, whatever an update of better-auth adds.

let t: Awaited<ReturnType<typeof startServer>>
beforeAll(async () => {
  t = await startServer()
})
afterAll(() => t[Symbol.asyncDispose]())

const config = () => {
  const { store, database, audit, origin } = t
  const nothing = async (): Promise<void> => undefined
  return authConfig({
    store,
    database,
    audit,
    baseUrl: origin,
    secrets: [secret],
    requestReset: nothing,
    notifyNewDevice: nothing,
    accountMails: noAccountMails,
  })
}

interface Registered {
  readonly name: string
  readonly path: string | undefined
  readonly methods: readonly string[]
  readonly call: (input: object) => Promise<unknown>
}

/** The endpoints that better-auth registers, as its router gets them. */
function registered(api: object): Registered[] {
  return Object.entries(api).map(([name, call]) => {
    const { path, options } = call as { path?: string; options: { method?: string | string[] } } // better-auth's types are those of the bodies
    return { name, path, methods: [options.method ?? []].flat(), call: call as Registered['call'] }
  })
}

test('each open endpoint is one that better-auth registers, with this method', () => {
  const found = new Map(registered(betterAuth(config()).api).map(({ path, methods }) => [path, methods]))
  for (const [path, method] of openEndpoints) expect(found.get(path), path).toContain(method)
})

test('every other one that better-auth registers is closed, over HTTP and in auth.api', async () => {
  const auth = betterAuth(config())
  const others = registered(auth.api).filter(({ path }) => path === undefined || !openEndpoints.has(path))
  expect(others.length).toBeGreaterThan(20)
  for (const { name, path, methods, call } of others) {
    const answer: unknown = await call({ body: {}, query: {}, params: {}, headers: new Headers() }).catch(
      (error: unknown) => error,
    )
    expect(answer, name).toMatchObject({ status: 'NOT_FOUND' })
    if (path === undefined) continue
    for (const method of methods) {
      const url = `${t.origin}/api/auth${path.replaceAll(/:\w+/g, 'x')}`
      const init =
        method === 'GET'
          ? { method }
          : { method, body: '{}', headers: { 'content-type': 'application/json', origin: t.origin } }
      expect((await auth.handler(new Request(url, init))).status, `${method} ${path}`).toBe(404)
    }
  }
})

test('one that an update or a plugin adds is closed, until it is listed', async () => {
  const added = createAuthEndpoint('/added', { method: ['GET', 'POST'] }, async () => ({ open: true }))
  const { plugins, ...options } = config()
  const [closed, ...others] = plugins
  const auth = betterAuth({ ...options, plugins: [closed, { id: 'update', endpoints: { added } }, ...others] })
  expect((await auth.handler(new Request(`${t.origin}/api/auth/added`))).status).toBe(404)
  await expect(auth.api.added({ method: 'GET' })).rejects.toMatchObject({ status: 'NOT_FOUND' })
})
