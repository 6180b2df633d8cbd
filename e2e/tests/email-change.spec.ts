import type { Page } from '@playwright/test'
import { expect, test, violations } from '../fixtures.js'
import { expectNothingLost, outOfReach } from '../layout.js'

/** The words of addresses that go on in the next line. */
const brokenWords = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll('bdi')]
      .flatMap((address) => [...address.childNodes].filter((node) => node instanceof Text))
      .filter((word) => {
        const range = document.createRange()
        range.selectNodeContents(word)
        return range.getClientRects().length > 1
      })
      .map((word) => word.data),
  )

test('a new address counts once both are confirmed, and the other devices are signed out', async ({
  app,
  device,
  user,
}) => {
  const phone = await device({ browser: 'Safari on iPhone' })
  const page = await device({ viewport: { width: 320, height: 640 } })
  const to = `a.new.address.for.a.long.time.${user.email}`
  await app.age(16)
  await page.goto('/account')
  await page.getByLabel('New email address').fill(to)
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('Your password', { exact: true })).toBeFocused()
  await expect(page.getByText('Change your email address to')).toContainText(to)
  expect(await brokenWords(page)).toEqual([])
  await page.getByLabel('Your password', { exact: true }).fill(user.password)
  await page.keyboard.press('Enter')
  await expect(page.getByText('We sent a link to')).toContainText(to)
  expect(await violations(page)).toEqual([])
  expect(await outOfReach(page)).toEqual([])
  expect(await brokenWords(page), 'addresses break between their words').toEqual([])
  await expectNothingLost(page, 'a pending change')

  await expect.poll(() => app.mailTo(to, 'confirm-email')).toBeDefined()
  await phone.goto(app.mailTo(to, 'confirm-email')?.link ?? '')
  await expect(phone.getByText(to)).toBeVisible()
  expect(await violations(phone)).toEqual([])
  await phone.getByRole('button', { name: 'Confirm' }).click()
  await expect(phone.getByRole('heading', { name: 'This address is confirmed' })).toBeFocused()

  await expect.poll(() => app.mailTo(user.email, 'confirm-email')).toBeDefined()
  await page.goto(app.mailTo(user.email, 'confirm-email')?.link ?? '')
  await expect(page.getByRole('checkbox', { name: 'Sign out my other devices' })).toBeChecked()
  await page.getByRole('button', { name: 'Confirm' }).press('Enter')
  await expect(page.getByText('From now on, sign in with')).toContainText(to)
  await phone.goto('/')
  await expect(phone).toHaveURL(/\/sign-in/)
  await page.getByRole('link', { name: 'Go to your account' }).click()
  await expect(page.getByLabel('New email address')).toBeVisible()
  await expect(page.getByRole('main').getByText(to)).toBeVisible()
})
