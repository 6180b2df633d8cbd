import { startOpenIdProvider } from '@rollcall/dev-auth'
import { type App, startApp } from '../app.js'
import { devices, expect, test as base, violations } from '../fixtures.js'

type Provider = Awaited<ReturnType<typeof startOpenIdProvider>>

const test = base.extend<object, { provider: Provider; app: App }>({
  provider: [
    async ({}, use) => {
      const provider = await startOpenIdProvider()
      await use(provider)
      await provider[Symbol.asyncDispose]()
    },
    { scope: 'worker' },
  ],
  app: [
    async ({ provider }, use) => {
      const app = await startApp({
        providers: [{ id: 'acme', name: 'Acme', issuer: provider.issuer, ...provider.client }],
      })
      await use(app)
      await app.stop()
    },
    { scope: 'worker' },
  ],
})

test('link a provider, sign in with it, confirm with it, and unlink it', async ({ app, device, provider }) => {
  const page = await device()
  await page.goto('/security')
  await page.getByRole('button', { name: 'Link Acme' }).click()
  await expect(page.getByText('The provider did not confirm who you are.')).toBeVisible()
  expect(await violations(page)).toEqual([])
  provider.answer.person = { sub: 'ada', email: 'ada@acme.example', email_verified: true, name: 'Ada' }
  await page.goto('/security')
  await page.getByRole('button', { name: 'Link Acme' }).click()
  await expect(page.getByText('The account was linked.')).toBeVisible()
  const linked = page.getByRole('list', { name: 'Sign in with other accounts' })
  await expect(linked).toContainText('Acme')
  expect(await violations(page)).toEqual([])

  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await expect(page.getByText('You are signed out on this device.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Continue with Acme' })).toBeVisible()
  expect(await violations(page)).toEqual([])
  await page.getByRole('button', { name: 'Continue with Acme' }).click()
  await expect(devices(page)).toHaveCount(1)
  await page.getByText('Details').click()
  await expect(devices(page)).toContainText('Account at acme')

  const phone = await device({ browser: 'Safari on iPhone' })
  await app.age(16)
  await page.goto('/security')
  await page.getByRole('button', { name: /^Unlink .*Acme/ }).click()
  await page.getByRole('button', { name: 'Yes, unlink' }).click()
  await expect(page.getByRole('button', { name: 'Confirm with Acme' })).toBeVisible()
  await page.getByRole('button', { name: 'Confirm with Acme' }).click()
  // What was asked goes on by itself.
  await expect(page.getByText('was unlinked')).toBeVisible()
  await expect(page).toHaveURL(/\/security$/)
  await expect(page.getByRole('button', { name: 'Link Acme' })).toBeVisible()
  await expect(phone).toHaveURL(/\/sign-in/)
})
