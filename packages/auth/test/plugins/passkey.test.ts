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
})
