import type { Page } from '@playwright/test'
import { devices, expect, test } from '../fixtures.js'

/** Browsers take Brotli over https and on this machine, and gzip elsewhere. */
const LIMITS = {
  signIn: { br: 99_200, gzip: 113_500 },
  devices: { br: 130_700, gzip: 148_500 },
}

type Encoding = 'br' | 'gzip'

/** Every script that the page has loaded, in bytes as the server sends them. */
async function weights(page: Page): Promise<Record<Encoding, number>> {
  const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
  const scripts = loaded.filter((name) => new URL(name).pathname.endsWith('.js'))
  return { br: await weight(page, scripts, 'br'), gzip: await weight(page, scripts, 'gzip') }
}

async function weight(page: Page, scripts: readonly string[], encoding: Encoding): Promise<number> {
  const sizes = scripts.map(async (url) => {
    const answer = await page.request.get(url, { headers: { 'accept-encoding': encoding } })
    expect(answer.headers()['content-encoding']).toBe(encoding)
    return Number(answer.headers()['content-length'])
  })
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
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

test('a first visit loads little script, at sign-in and at the devices', async ({ device }) => {
  const stranger = await device({ signedIn: false })
  await expect(stranger.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  const signIn = await weights(stranger)
  const owner = await device()
  await expect(devices(owner)).toHaveCount(1)
  const list = await weights(owner)

  console.log('script of a first visit, in bytes as it is sent', { signIn, list })
  for (const encoding of ['br', 'gzip'] as const) {
    expect(signIn[encoding]).toBeGreaterThan(50_000) // React alone is
    expect(signIn[encoding]).toBeLessThan(LIMITS.signIn[encoding])
    expect(list[encoding]).toBeGreaterThan(signIn[encoding])
    expect(list[encoding]).toBeLessThan(LIMITS.devices[encoding])
  }
})

test('a browser that was signed in loads the code of an account beside the first script', async ({ device }) => {
  const page = await device()
  await expect(devices(page)).toHaveCount(1)
  await page.route('**/assets/first-*.js', () => undefined) // on its way
  const account = page.waitForRequest('**/assets/account-*.js')
  await page.reload({ waitUntil: 'commit' })
  await account
  await page.unrouteAll({ behavior: 'ignoreErrors' })
})
