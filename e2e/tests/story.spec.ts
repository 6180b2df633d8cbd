import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from '@playwright/test'
import { devices, expect, test } from '../fixtures.js'

// The README's pictures of a laptop that is signed out from the phone: both as they were at that moment.
const pictures = process.env['SCREENSHOTS_DIR'] ?? fileURLToPath(new URL('../test-results/pictures/', import.meta.url))
mkdirSync(pictures, { recursive: true })

test('a tab on the laptop is signed out from the phone, in three pictures', async ({ browser, device }) => {
  const laptop = await device({ viewport: { width: 860, height: 620 } })
  const phone = await device({ browser: 'Safari on iPhone', viewport: { width: 390, height: 760 } })
  const studio = await browser.newPage({ viewport: { width: 1_200, height: 680 } })
  const take = (name: string) => sideBySide(studio, laptop, phone, `${pictures}/signed-out-from-phone-${name}.png`)

  // The last to come, on both.
  for (const page of [laptop, phone]) await expect(devices(page).locator('[data-brand]')).toHaveCount(2)
  await phone.getByRole('button', { name: 'Sign out Chrome on Windows' }).click()
  await expect(phone.getByRole('button', { name: 'Yes, sign out' })).toBeFocused()
  await take('1-asked')

  await phone.getByRole('button', { name: 'Yes, sign out' }).click()
  await expect(phone.getByText('Chrome on Windows was signed out')).toBeVisible()
  await expect(laptop.getByText('Safari on iPhone signed out this device just now.')).toBeVisible()
  await take('2-signed-out')

  await phone.getByRole('link', { name: 'Activity' }).click()
  await expect(phone.getByRole('list', { name: 'Activity' })).toContainText(
    'Chrome on Windows was signed out by Safari on iPhone',
  )
  await take('3-activity')
  await studio.close()
})

async function sideBySide(studio: Page, laptop: Page, phone: Page, path: string): Promise<void> {
  const [left, right] = await Promise.all([laptop, phone].map((page) => page.screenshot({ animations: 'disabled' })))
  const image = (shot: Buffer | undefined, words: string, width: number, radius: number) =>
    `<figure><img width="${width}" style="border-radius:${radius}px" src="data:image/png;base64,${shot?.toString('base64')}"><figcaption>${words}</figcaption></figure>`
  await studio.setContent(`
    <style>
      body { margin: 0; height: 100vh; display: flex; align-items: center; justify-content: center; gap: 40px; background: #e4e1d8; font: 15px system-ui, sans-serif; color: #59605d }
      figure { margin: 0; text-align: center }
      img { display: block; border: 8px solid #1d2422; box-shadow: 0 12px 32px rgb(29 36 34 / .22) }
      figcaption { margin-top: 14px }
    </style>
    ${image(left, 'On the laptop', 740, 14)}${image(right, 'On the phone', 290, 30)}`)
  await studio.screenshot({ path })
}
