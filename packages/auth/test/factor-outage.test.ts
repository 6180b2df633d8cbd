import { passkey } from '@better-auth/passkey'
import { SessionStoreUnavailableError } from '@rollcall/session-store'
import { twoFactor } from 'better-auth/plugins'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Answer, type Browser, createPasskey, password, startApp } from './helpers.js'
import { enableApp } from './plugins/second-factor.js'

let t: Awaited<ReturnType<typeof startApp>>
beforeAll(async () => {
  t = await startApp({ plugins: [passkey(), twoFactor()] })
})
afterAll(() => t[Symbol.asyncDispose]())

async function removePasskey(browser: Browser): Promise<Answer> {
  const { body } = await browser.get('/passkey/list-user-passkeys')
  return browser.post('/passkey/delete-passkey', { id: (body as { id: string }[])[0]?.id })
}

const renewCodes = (browser: Browser) => browser.post('/two-factor/generate-backup-codes', { password })

test.each([
  ['a removed passkey', removePasskey, 'passkey-removed', true],
  ['renewed backup codes', renewCodes, 'reauthentication', undefined],
] as const)('the audit says of an outage after %s whether they stay', async (name, change, event, isCommitted) => {
  const { browser, userId } = await t.person(name.replaceAll(' ', '-'))
  await createPasskey(t.origin).register(browser)
  await enableApp(browser)
  const { rotate } = t.store
  t.store.rotate = () => Promise.reject(new SessionStoreUnavailableError(new Error('no answer')))
  t.events.length = 0
  expect((await change(browser)).status).toBe(503)
  t.store.rotate = rotate
  const stays = isCommitted && { userId, isCommitted }
  expect(t.events).toEqual([{ event, result: 'unavailable', ipAddress: expect.any(String) as string, ...stays }])
})
