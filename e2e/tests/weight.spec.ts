import type { Page } from '@playwright/test'
import { devices, expect, test } from '../fixtures.js'

const LIMIT = 132_000

/** Every script that the page has loaded, in bytes as they came over the network: compressed, as the server sends it. */
function weight(page: Page): Promise<number> {
  return page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter((entry) => entry instanceof PerformanceResourceTiming)
      .filter(({ name }) => new URL(name).pathname.endsWith('.js'))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
  )
}

test('before the script has come, a first visit shows whose page it is, and that it loads', async ({ device }) => {
  const page = await device({ signedIn: false })
  await page.route('**/assets/*.js', () => undefined) // on its way
  await page.goto('/', { waitUntil: 'commit' })
  await expect(page.getByText('Rollcall')).toBeVisible()
  await expect(page.getByRole('status')).toHaveText('Loading …')
  await page.unrouteAll({ behavior: 'ignoreErrors' })
})

test('without a script, the page says what it needs, in both languages', async ({ app, browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(app.url)
  await expect(page.locator('p[lang=en]')).toHaveText('Rollcall needs JavaScript.')
  await expect(page.locator('p[lang=de]')).toHaveText('Rollcall benötigt JavaScript.')
  await expect(page.getByRole('status')).toBeHidden()
  await context.close()
})

test(`a first visit loads less than ${LIMIT / 1_000} kB of script, at sign-in and at the devices`, async ({
  device,
}) => {
  const stranger = await device({ signedIn: false })
  await expect(stranger.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  const signIn = await weight(stranger)
  const owner = await device()
  await expect(devices(owner).locator('[data-brand]')).toBeVisible() // the last script of the page brings it
  const list = await weight(owner)

  console.log(
    `script of a first visit, as it is sent: ${(signIn / 1_000).toFixed(1)} kB at sign-in, ${(list / 1_000).toFixed(1)} kB at the devices`,
  )
  for (const bytes of [signIn, list]) {
    expect(bytes).toBeGreaterThan(50_000) // React alone is
    expect(bytes).toBeLessThan(LIMIT)
  }
})
