import { sso } from '@better-auth/sso'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { anyToken, startApp } from '../helpers.js'

// The plugin sso at start: its tables and endpoints beside the session store. Its providers are not tried.

let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({ plugins: [sso()] })
})
afterAll(() => t[Symbol.asyncDispose]())

const provider = {
  providerId: 'acme',
  issuer: 'https://id.example.com',
  domain: 'example.com',
  oidcConfig: {
    clientId: 'client',
    clientSecret: 'secret',
    skipDiscovery: true,
    authorizationEndpoint: 'https://id.example.com/authorize',
    tokenEndpoint: 'https://id.example.com/token',
    jwksEndpoint: 'https://id.example.com/keys',
    userInfoEndpoint: 'https://id.example.com/userinfo',
  },
}

test('a provider is registered by a session that is live, and a sign-in leads there; no answer has a token', async () => {
  const { browser, userId } = await t.person('owner')
  expect((await t.browser().post('/sso/register', provider)).status).toBe(401)
  const registered = await browser.post('/sso/register', provider)
  expect(registered, registered.text).toMatchObject({ status: 200, body: { providerId: 'acme' } })
  const started = await t.browser().post('/sign-in/sso', { providerId: 'acme', callbackURL: '/' })
  expect(started, started.text).toMatchObject({
    status: 200,
    body: { url: expect.stringMatching(/^https:\/\/id\.example\.com\/authorize\?/) },
  })
  for (const { text } of [registered, started]) expect(text).not.toMatch(anyToken)
  await t.store.revokeAll(userId)
  expect((await browser.get('/sso/providers')).status).toBe(401)
})
