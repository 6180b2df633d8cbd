import { passkey } from '@better-auth/passkey'
import { expect, test } from 'vitest'
import { createPasskey, startApp } from '../helpers.js'

test('what is no passkey is refused as bad input', async () => {
  await using t = await startApp({ plugins: [passkey()] })
  const { browser } = await t.person('no-passkey')
  await browser.get('/passkey/generate-register-options')
  const response = {
    id: 'x',
    rawId: 'x',
    type: 'public-key',
    response: { clientDataJSON: 'e30', attestationObject: '' },
  }
  expect(await browser.post('/passkey/verify-registration', { response })).toMatchObject({
    status: 400,
    body: { code: 'FAILED_TO_VERIFY_REGISTRATION' },
  })
  // A direct call throws.
  await browser.get('/passkey/generate-register-options')
  const cookie = [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const request = { headers: new Headers({ cookie, origin: t.origin }), body: { response } }
  const { verifyPasskeyRegistration } = t.auth.api as unknown as Record<string, (input: object) => Promise<unknown>> // it does not know its plugins
  await expect(verifyPasskeyRegistration?.(request)).rejects.toMatchObject({
    statusCode: 400,
    body: { code: 'FAILED_TO_VERIFY_REGISTRATION' },
  })
})

test('a passkey with the signature of another key is a refusal, and signs nobody in', async () => {
  await using t = await startApp({ plugins: [passkey()] })
  const { browser } = await t.person('wrong-key')
  const key = createPasskey(t.origin)
  await key.register(browser)
  const stranger = t.browser()
  const other = createPasskey(t.origin)
  const asKey = () =>
    other.signIn({
      get: stranger.get,
      post: (path, { response }: { response?: object } = {}) =>
        stranger.post(path, { response: { ...response, id: key.id, rawId: key.id } }),
    })
  await asKey() // its counter would be refused before its signature
  expect(await asKey()).toMatchObject({ status: 401, setCookies: [], body: { code: 'AUTHENTICATION_FAILED' } })
  expect(await stranger.session()).toBeNull()
  expect((await key.signIn(stranger)).status).toBe(200)
})
