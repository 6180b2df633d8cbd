import { devices, expect, test } from '../fixtures.js'
import { heightOfHeader, overflow } from '../layout.js'

test.use({ userName: 'W'.repeat(50), userMailbox: 'a'.repeat(40) })

test('the header of a phone stays below 100 px with the longest name and a long address', async ({ device }) => {
  const page = await device({ viewport: { width: 360, height: 740 } })
  await expect(devices(page)).toHaveCount(1)
  expect(await heightOfHeader(page)).toBeLessThan(100)
  expect(await overflow(page)).toBeLessThanOrEqual(0)
  await page.getByRole('link', { name: 'Account' }).click()
  await expect(page.getByRole('main').getByText(/^a{40}\..*@example\.org$/)).toBeVisible() // in full
})
