import { readFileSync } from 'node:fs'
import { createAuthClient } from 'better-auth/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rollcallClient } from '../src/client.js'
import { type Browser, password, startApp } from './helpers.js'

// The plugin of better-auth's client, against a server. That tsc accepts this file holds the types.

let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({}, { onNewDevice: async () => undefined })
})
afterAll(() => t[Symbol.asyncDispose]())

/** The client of a page, whose cookies are in the browser's jar. */
function clientOf({ jar }: Browser) {
  const cookies = () => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  return createAuthClient({
    baseURL: t.origin,
    plugins: [rollcallClient()],
    fetchOptions: {
      onRequest: ({ headers }) => {
        headers.set('cookie', cookies())
        headers.set('origin', t.origin)
      },
      onResponse: ({ response }) => {
        for (const line of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
          jar.set(name, value)
        }
      },
    },
  })
}

test('the password is given by a typed method, which sees the proof and the errors', async () => {
  const { browser } = await t.person('typed')
  const client = clientOf(browser)
  const { error } = await client.reauthenticate({ password: 'wrong password' })
  expect(error).toMatchObject({ status: 400, code: 'INVALID_PASSWORD' })
  t.clock.offset = 60_000
  const { data } = await client.reauthenticate({ password })
  t.clock.offset = 0
  const isDone: boolean | undefined = data?.status
  expect(isDone).toBe(true)
  const session = await browser.session()
  expect((session?.authenticatedAt.getTime() ?? 0) - (session?.createdAt.getTime() ?? 0)).toBeGreaterThan(59_000)
})

test('the methods of a proof are named by their kinds', async () => {
  const { browser } = await t.person('methods')
  const { data } = await clientOf(browser).reauthenticate.methods()
  const kinds: ('password' | 'passkey' | undefined)[] = (data?.methods ?? []).map(({ kind }) =>
    kind === 'password' || kind === 'passkey' ? kind : undefined,
  )
  expect(kinds).toEqual(['password'])
})

test('sessions are listed and revoked by typed methods of better-auth', async () => {
  const { browser, phones } = await t.person('lists', 1)
  const client = clientOf(browser)
  const { data: sessions } = await client.listSessions()
  const id = (await phones[0]?.session())?.id
  const tokens: string[] = (sessions ?? []).map(({ token }) => token)
  expect(tokens).toContain(id)
  expect((await client.revokeOtherSessions()).data).toEqual({ status: true })
  expect(await phones[0]?.session()).toBeNull()
})

test('a page that shows the session asks for it again after a proof', async () => {
  const { browser } = await t.person('fresh')
  const client = clientOf(browser)
  const asked: string[] = []
  client.$store.listen('$sessionSignal', (signal) => void asked.push(String(signal)))
  await client.reauthenticate({ password })
  await expect.poll(() => asked).toHaveLength(2) // at once, and after the proof
})

test('the types refuse what the server does', () => {
  const client = createAuthClient({ plugins: [rollcallClient()] })
  // None of these is called: tsc looks at them.
  const refused = [
    // @ts-expect-error -- A proof needs a password.
    () => client.reauthenticate({}),
    // @ts-expect-error -- The password is a text.
    () => client.reauthenticate({ password: 1 }),
    // @ts-expect-error -- The token of the mail is missing.
    () => client.secureAccount({}),
    // @ts-expect-error -- So it is here.
    () => client.secureAccount.sendLink({}),
    // @ts-expect-error -- A session is named by its `token`, which is its id.
    () => client.revokeSession({ id: 'an id' }),
    // @ts-expect-error -- There is no such endpoint.
    () => client.reauthenticated(),
  ]
  expect(refused).toHaveLength(6)
})

test('its code brings nothing of the server: it imports types alone', () => {
  const code = readFileSync(new URL('../src/client.ts', import.meta.url), 'utf8')
  const imports = code.split('\n').filter((line) => /\bimport\b|\brequire\b/.test(line))
  expect(imports).toHaveLength(2)
  for (const line of imports) expect(line).toMatch(/^import type /)
})
