import { genericOAuth } from 'better-auth/plugins'
import { expect, test } from 'vitest'
import { type Browser, startApp, startProvider } from './helpers.js'

test('a provider is not linked by a session that is revoked once its answer was let in', async () => {
  await using provider = await startProvider()
  let beforeLink = async (): Promise<void> => undefined
  await using t = await startApp({
    account: { accountLinking: { allowDifferentEmails: true } },
    databaseHooks: { account: { create: { before: async () => beforeLink() } } },
    plugins: [genericOAuth({ config: [provider.config] })],
  })
  const { browser, userId } = await t.person('linker')
  const identity = { sub: 'thief', email: 'thief@example.com', email_verified: true, name: 'Thief' }
  beforeLink = async () => void (await t.store.revokeAll(userId, { credentialChange: true }))
  expect((await provider.visit(browser, identity, '/link-social')).status).toBe(401)
  expect(await t.adapter.count({ model: 'account', where: [{ field: 'providerId', value: 'acme' }] })).toBe(0)
  beforeLink = async () => undefined
  await browser.signIn('linker@example.org')
  expect((await provider.visit(browser, identity, '/link-social')).status).toBe(302)
  expect(await t.adapter.count({ model: 'account', where: [{ field: 'providerId', value: 'acme' }] })).toBe(1)
})

test('a sign-in that brings another email address from its provider succeeds, and ends the earlier sessions', async () => {
  await using provider = await startProvider()
  const config = { ...provider.config, overrideUserInfo: true }
  await using app = await startApp({ plugins: [genericOAuth({ config: [config] })] })
  const visit = async (browser: Browser, email: string) =>
    provider.visit(browser, { sub: 'renamed', email, email_verified: true, name: 'Ada' })
  const [earlier, later] = [app.browser(), app.browser()]
  await visit(earlier, 'ada@example.com')
  const { userId } = (await earlier.session()) ?? {}
  const answer = await visit(later, 'ada@example.net')
  expect(answer.headers.get('location')).not.toContain('error')
  expect(await later.session()).toMatchObject({ userId })
  expect(await earlier.session()).toBeNull()
})
