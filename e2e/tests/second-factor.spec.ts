import type { Page } from '@playwright/test'
import { devices, expect, test, type User, violations } from '../fixtures.js'
import { expectNothingLost } from '../layout.js'
import { totpCode } from '@rollcall/dev-auth'

const section = (page: Page) => page.getByRole('region', { name: 'Two-factor authentication' })

async function giveCode(page: Page, code: string, button: string): Promise<void> {
  await page.getByLabel(/^(Code|Backup code)$/).fill(code)
  await page.getByRole('button', { name: button, exact: true }).click()
}

/** Turns it on. Resolves with the secret, as an app has it from now on, and with the backup codes. */
async function turnOn(page: Page, { password }: User): Promise<{ secret: string; backupCodes: string[] }> {
  await page.getByRole('link', { name: 'Security' }).click()
  await section(page).getByRole('button', { name: 'Turn on' }).click()
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('img', { name: 'QR code for your authenticator app' })).toBeVisible()
  const secret =
    (await section(page)
      .getByText(/^[A-Z2-7]{4}( [A-Z2-7]{1,4})+$/)
      .textContent()) ?? ''
  expect(await violations(page)).toEqual([])
  await expectNothingLost(page, 'enrolment')
  await giveCode(page, totpCode(secret), 'Turn on')
  const list = page.getByRole('list', { name: 'Backup codes' })
  await expect(list.getByRole('listitem')).toHaveCount(10)
  expect(await violations(page)).toEqual([])
  const backupCodes = await list.getByRole('listitem').allTextContents()
  await page.getByRole('button', { name: 'I’ve saved them' }).click()
  await expect(section(page)).toHaveText(/^Two-factor authenticationOn/)
  await expect(section(page).getByRole('button', { name: 'New backup codes' })).toBeFocused()
  return { secret, backupCodes }
}

/** As far as the question for a code. */
async function givePassword(page: Page, { email, password }: User): Promise<void> {
  await page.getByLabel('Email address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByLabel('Code', { exact: true })).toBeFocused()
}

test('turn on a second factor, sign in with its codes, confirm with one, and turn it off', async ({
  app,
  user,
  device,
}) => {
  const page = await device()
  const { secret, backupCodes } = await turnOn(page, user)
  const [first = '', second = ''] = backupCodes

  const phone = await device({ browser: 'Safari on iPhone', signedIn: false })
  await givePassword(phone, user)
  expect(await violations(phone)).toEqual([])
  await giveCode(phone, '000 000', 'Sign in')
  await expect(phone.getByLabel('Code', { exact: true })).toHaveAccessibleDescription(/This code is wrong/)
  await giveCode(phone, totpCode(secret, 1), 'Sign in')
  await expect(devices(phone)).toHaveCount(2)

  await app.age(16)
  await page.getByRole('link', { name: 'Devices' }).click()
  await page.getByRole('button', { name: /^Sign out Safari/ }).click()
  await page.getByRole('button', { name: 'Yes, sign out' }).click()
  await page.getByRole('button', { name: 'Confirm with a code' }).click()
  await page.getByRole('button', { name: 'Use a backup code instead' }).click()
  await giveCode(page, first, 'Confirm')
  await expect(phone.getByText(/ signed out this device just now\.$/)).toBeVisible()

  await givePassword(phone, user)
  await phone.getByRole('button', { name: 'Use a backup code instead' }).click()
  await giveCode(phone, first, 'Sign in')
  await expect(phone.getByLabel('Backup code')).toHaveAccessibleDescription(/was already used/)
  await giveCode(phone, second, 'Sign in')
  await expect(devices(phone)).toHaveCount(2)

  await page.getByRole('link', { name: 'Security' }).click()
  await section(page).getByRole('button', { name: 'Turn off' }).click()
  await page.keyboard.type(user.password)
  await page.getByRole('button', { name: 'Yes, turn off' }).click()
  await expect(section(page)).toContainText('Two-factor authentication is off. Your other devices were signed out.')
  await expect(phone).toHaveURL(/\/sign-in/)
})
