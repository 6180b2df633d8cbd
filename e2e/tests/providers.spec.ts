import { startOpenIdProvider } from '@rollcall/dev-auth'
import { type App, startApp } from '../app.js'
import { devices, expect, password, test as base, violations } from '../fixtures.js'

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
  await expect(page.getByText('The provider didn’t confirm who you are.')).toBeVisible()
  expect(await violations(page)).toEqual([])
  provider.answer.person = { sub: 'ada', email: 'ada@acme.example', email_verified: true, name: 'Ada' }
  await page.goto('/security')
  await page.getByRole('button', { name: 'Link Acme' }).click()
  await expect(page.getByText('The account was linked.')).toBeVisible()
  const linked = page.getByRole('list', { name: 'Linked accounts' })
  await expect(linked).toContainText('Acme')
  expect(await violations(page)).toEqual([])

  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await expect(page.getByText('You’re signed out on this device.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Continue with Acme' })).toBeVisible()
  expect(await violations(page)).toEqual([])
  await page.getByRole('button', { name: 'Continue with Acme' }).click()
  await expect(devices(page)).toHaveCount(1)
  await page.getByText('Details').click()
  await expect(devices(page)).toContainText('Acme account')

  const phone = await device({ browser: 'Safari on iPhone' })
  await app.age(16)
  await page.goto('/security')
  await page.getByRole('button', { name: /^Unlink .*Acme/ }).click()
  await page.getByRole('button', { name: 'Yes, unlink' }).click()
  await expect(page.getByRole('button', { name: 'Confirm with Acme' })).toBeVisible()
  await page.getByRole('button', { name: 'Confirm with Acme' }).click()
  // The action goes on by itself.
  await expect(page.getByText('was unlinked')).toBeVisible()
  await expect(page).toHaveURL(/\/security$/)
  await expect(page.getByRole('button', { name: 'Link Acme' })).toBeVisible()
  await expect(phone).toHaveURL(/\/sign-in/)
})

test('remove the password beside a provider, which then proves alone and cannot be unlinked', async ({
  app,
  device,
  provider,
}) => {
  provider.answer.person = { sub: 'bea', email: 'bea@acme.example', email_verified: true, name: 'Bea' }
  const phone = await device({ browser: 'Safari on iPhone' })
  const page = await device()
  await page.goto('/security')
  await page.getByRole('button', { name: 'Link Acme' }).click()
  await expect(page.getByText('The account was linked.')).toBeVisible()
  await page.getByRole('button', { name: 'Remove password' }).click()
  await expect(page.getByRole('button', { name: 'Yes, remove' })).toBeFocused()
  expect(await violations(page)).toEqual([])
  await page.getByRole('button', { name: 'Yes, remove' }).click()
  await expect(page.locator(':focus')).toContainText('Your password was removed.')
  await expect(phone).toHaveURL(/\/sign-in/)

  await app.age(16)
  const linked = page.getByRole('list', { name: 'Linked accounts' })
  await expect(linked.getByText('This is your only way to sign in.')).toBeVisible()
  await expect(page.getByRole('button', { name: /^Unlink/ })).toBeHidden()
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await expect(page.getByRole('button', { name: 'Confirm with Acme' })).toBeVisible()
  await expect(page.getByLabel('Your password', { exact: true })).toBeHidden()
  const passkeys = page.getByRole('region', { name: 'Passkeys' })
  await expect(passkeys.getByRole('checkbox', { name: 'Also sign out my other devices' })).toBeVisible()
  expect(await violations(page)).toEqual([])
})

test('an administrator confirms with a provider: what concerns one person goes on, what concerns many is asked again', async ({
  app,
  device,
  provider,
  user,
}) => {
  const victim = await device({ signedIn: false, browser: 'Firefox on Ubuntu' })
  const katherine = { name: 'Katherine Johnson', email: 'katherine@example.org', password }
  const enter = (path: 'sign-up' | 'sign-in') =>
    victim.request.post(`/api/auth/${path}/email`, { data: katherine, headers: { origin: app.url } })
  expect((await enter('sign-up')).status()).toBe(200)
  await victim.goto('/')
  await expect(devices(victim)).toHaveCount(1)

  await app.addAdministrator(user.email)
  provider.answer.person = { sub: 'admin', email: 'admin@acme.example', email_verified: true, name: 'Ada' }
  const page = await device()
  await page.goto('/security')
  await page.getByRole('button', { name: 'Link Acme' }).click()
  await expect(page.getByText('The account was linked.')).toBeVisible()

  await app.age(16)
  await page.goto('/admin')
  await page.getByLabel(/^Name, email address/).fill('johnson')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Show Katherine Johnson' }).click()
  await page.getByLabel('Reason, shown to the people affected').fill('Stolen laptop')
  await page.getByRole('button', { name: 'Sign out all devices' }).click()
  await page.getByRole('button', { name: 'Yes, sign out' }).click()
  await page.getByRole('button', { name: 'Confirm with Acme' }).click()
  await expect(page.getByText('1 session was signed out.')).toBeVisible()
  await expect(page).toHaveURL(/\/admin$/)
  await expect(page.getByText('No devices are signed in.')).toBeVisible()
  await expect(victim.getByText(/Stolen laptop/)).toBeVisible()

  expect((await enter('sign-in')).status()).toBe(200)
  await app.age(16)
  await page.goto('/admin')
  await page.getByLabel('Email address or ID of a person').fill(katherine.email)
  await page.getByRole('button', { name: 'Find sessions' }).click()
  await page.getByLabel(/^Enter the number/).fill('1')
  await page.getByRole('button', { name: 'Sign out these sessions' }).click()
  await page.getByRole('button', { name: 'Yes, sign out' }).click()
  await page.getByRole('button', { name: 'Confirm with Acme' }).click()
  await expect(page.getByText('Nothing has been signed out yet')).toBeInViewport()
  await expect(page.getByLabel('Email address or ID of a person')).toHaveValue(katherine.email)
  await page.getByLabel(/^Enter the number/).fill('1')
  expect(await violations(page)).toEqual([])
  await page.getByRole('button', { name: 'Sign out these sessions' }).click()
  await page.getByRole('button', { name: 'Yes, sign out' }).click()
  await expect(page.getByText('1 session was signed out.')).toBeVisible()
  await victim.goto('/')
  await expect(victim).toHaveURL(/\/sign-in/)
})
