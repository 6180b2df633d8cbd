import { passkey } from '@better-auth/passkey'
import { expect, test } from 'vitest'
import { startApp } from '../helpers.js'

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
