import type { Page } from '@playwright/test'
import { devices, expect, test, violations } from '../fixtures.js'

/** An authenticator as a laptop has it, which recognizes its owner at once. */
async function addAuthenticator(page: Page): Promise<void> {
  const client = await page.context().newCDPSession(page)
  await client.send('WebAuthn.enable')
  await client.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}

test('add a passkey, sign in by suggestion and by button, confirm with it, and remove it', async ({ app, device }) => {
  const page = await device()
  await addAuthenticator(page)
  await page.goto('/security')
  await expect(page.getByText('No passkeys')).toBeVisible()
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.getByRole('button', { name: 'Save name' }).click()
  await expect(page.getByLabel('Passkey name')).toHaveAccessibleDescription(/Enter a name\./)
  await page.getByLabel('Passkey name').fill('Work laptop')
  await page.getByRole('button', { name: 'Save name' }).click()
  const passkeys = page.getByRole('list', { name: 'Passkeys' })
  await expect(passkeys).toContainText('Work laptop')
  await expect(passkeys).toContainText('Not used yet.')
  const rename = page.getByRole('button', { name: 'Rename Work laptop' })
  await expect(rename).toBeFocused()
  await rename.press('Enter')
  await page.getByLabel('Passkey name').press('Escape')
  await expect(rename).toBeFocused()
  expect(await violations(page)).toEqual([])

  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await expect(page.getByText('You’re signed out on this device.')).toBeVisible()
  await expect(devices(page)).toHaveCount(1) // the authenticator has chosen the suggestion
  await page.getByText('Details').click()
  await expect(devices(page)).toContainText('Passkey')

  const phone = await device({ browser: 'Safari on iPhone' })
  await expect(devices(page)).toHaveCount(2)
  await app.age(16)
  await page.getByRole('button', { name: /^Sign out Safari/ }).click()
  await page.getByRole('button', { name: 'Yes, sign out' }).click()
  await page.getByRole('button', { name: 'Confirm with a passkey' }).click()
  await expect(devices(page)).toHaveCount(1)
  await expect(phone).toHaveURL(/\/sign-in/)

  await page.addInitScript(() => {
    PublicKeyCredential.isConditionalMediationAvailable = async () => false
  })
  await page.reload()
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.getByLabel('Keep me signed in').uncheck()
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
  await page.getByRole('link', { name: 'Security' }).click()
  const cookies = await page.context().cookies()
  expect(cookies.find(({ name }) => name.includes('session_token'))?.expires).toBe(-1) // gone with the browser
  await page.getByRole('button', { name: /^Remove .*Work laptop/ }).click()
  await page.getByRole('button', { name: 'Yes, remove' }).click()
  await expect(page.getByText('No passkeys')).toBeVisible()
  await expect(page.locator(':focus')).toContainText('Work laptop was removed')
})
