import { startApp } from '../app.js'
import { devices, expect, password, test as base, violations } from '../fixtures.js'
import { outOfReach, overflow } from '../layout.js'

const test = base.extend({
  app: [
    async ({}, use) => {
      const app = await startApp({ signUp: 'confirmed' })
      await use(app)
      await app.stop()
    },
    { scope: 'worker' },
  ],
  /** Has no account yet. */
  user: async ({}, use) => use({ name: 'Grace Hopper', email: 'grace@example.org', password }),
})

test('an account begins with a link to its address, which works once', async ({ app, device, user }) => {
  const page = await device({ signedIn: false, viewport: { width: 320, height: 640 } })
  const isFine = async (): Promise<void> => {
    expect(await violations(page)).toEqual([])
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    expect(await outOfReach(page)).toEqual([])
  }
  await page.getByRole('link', { name: 'Create an account' }).click()
  await expect(page.getByRole('button', { name: 'Send link' })).toBeVisible()
  await expect(page.getByLabel('Name', { exact: true })).toHaveCount(0)
  await isFine()
  await page.getByLabel('Email address').fill(user.email)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { name: 'Check your email' })).toBeFocused()
  await isFine()

  const link = (): string => app.mailTo(user.email, 'finish-sign-up')?.link ?? ''
  await expect.poll(link).not.toBe('')
  await page.goto(link())
  await expect(page.getByText(user.email)).toBeVisible()
  await isFine()
  await page.getByLabel('Name', { exact: true }).fill(user.name)
  await page.getByLabel('Password', { exact: true }).fill(user.email)
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('Password', { exact: true })).toBeFocused()
  await expect(page.getByText('Others know this about you.').first()).toBeVisible()
  await page.getByLabel('Password', { exact: true }).fill(user.password)
  await page.keyboard.press('Enter')
  await expect(devices(page)).toHaveCount(1)
  await expect(page.getByText(user.name).first()).toBeAttached() // hidden on a phone

  await page.goto(link())
  await expect(page.getByRole('heading', { name: 'This link no longer works' })).toBeVisible()
  expect(await overflow(page)).toBeLessThanOrEqual(0)
})
