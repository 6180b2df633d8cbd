import { type Answer, startOpenIdProvider } from '@rollcall/dev-auth'
import { expect } from 'vitest'
import { type Browser, newEmail, startServer, type TestServer } from './helpers.js'
import { ceremonies } from './passkeys-helpers.js'

export interface WithProvider extends AsyncDisposable {
  readonly server: TestServer
  readonly provider: Awaited<ReturnType<typeof startOpenIdProvider>>
  /** Somebody new at the provider, who answers from now on. */
  somebody(more?: object): { readonly sub: string; readonly email: string }
  /** Goes to the provider and comes back. */
  go(device: Browser, path?: string, body?: object, jar?: Map<string, string>): Promise<Answer>
}

let people = 0

/** A server, and a real OpenID provider that people can sign in with. */
export async function startWithProvider(): Promise<WithProvider> {
  const provider = await startOpenIdProvider()
  const acme = { id: 'acme', name: 'Acme', issuer: provider.issuer, ...provider.client }
  const list = [
    acme,
    { ...acme, id: 'twin', name: 'Twin' },
    { ...acme, id: 'away', name: 'Away', issuer: 'http://127.0.0.1:1' },
    { id: 'github', ...provider.client },
  ]
  const server = await startServer({ env: { SIGN_IN_PROVIDERS: JSON.stringify(list), TRUSTED_PROXIES: 'loopback' } })
  return {
    server,
    provider,

    somebody(more = {}) {
      people += 1
      const person = { sub: `person-${people}`, email: newEmail(), email_verified: true, name: 'Ada Lovelace', ...more }
      Object.assign(provider.answer, { person, age: 0 })
      return person
    },

    async go(device, path = '/provider/sign-in', body = {}, jar) {
      return finish(device, await provider.visit(await addressOf(device, path, body), jar))
    },

    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
    },
  }
}

export const start = (device: Browser, path: string, body: object = {}) =>
  ceremonies(device).post(path, { provider: 'acme', ...body })

/** The address that the application leads the browser to. */
export async function addressOf(device: Browser, path: string, body: object = {}): Promise<string> {
  const answer = await start(device, path, body)
  expect(answer.status, answer.text).toBe(200)
  return (answer.body as { url: string }).url
}

/** Brings the answer of the provider back. */
export const finish = (device: Browser, callback: URL, at = ceremonies(device), id = 'acme') =>
  at.post(`/oauth2/callback/${id}`, Object.fromEntries(callback.searchParams))

export async function linkedTo(device: Browser) {
  return (await device.api.providers.list.query()).linked
}

export const invalid = { status: 400, body: { code: 'PROVIDER_ANSWER_INVALID' } }
export const unproved = { status: 403, body: { code: 'PROVIDER_PROOF_REFUSED' } }

/** Holds what passes it until it is opened. */
export function gate() {
  let reached = (): void => undefined
  let open = (): void => undefined
  const waiting = new Promise<void>((resolve) => (reached = resolve))
  const opened = new Promise<void>((resolve) => (open = resolve))
  const pass = (): Promise<void> => {
    reached()
    return opened
  }
  return { waiting, pass, open: () => open() }
}
