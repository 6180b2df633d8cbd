import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import type { App } from '../app.js'
import { devices, expect, test } from '../fixtures.js'

// Every page, in light and dark, at a phone's and a desk's width: axe finds nothing, nothing overflows,
// and a picture is kept. `pnpm --filter @rollcall/e2e screenshots` renews those of the README.
const pictures = process.env['SCREENSHOTS_DIR'] ?? fileURLToPath(new URL('../test-results/pictures/', import.meta.url))
mkdirSync(pictures, { recursive: true })

const pages: Record<string, { signedIn: boolean; path: string; ready: (page: Page, app: App) => Promise<void> }> = {
  'sign-up': { signedIn: false, path: '/sign-up', ready: heading('Create an account') },
  'sign-in': { signedIn: false, path: '/sign-in', ready: heading('Sign in') },
  'forgot-password': { signedIn: false, path: '/forgot-password', ready: heading('Forgot your password?') },
  'reset-password': { signedIn: false, path: '/reset-password?token=x', ready: heading('Choose a new password') },
  devices: {
    signedIn: true,
    path: '/',
    async ready(page) {
      await expect(devices(page)).toHaveCount(4)
    },
  },
  'devices-asking': {
    signedIn: true,
    path: '/',
    async ready(page) {
      await page.getByRole('button', { name: /^Sign out Safari/ }).click()
      await expect(page.getByRole('button', { name: 'Yes, sign out' })).toBeFocused()
    },
  },
  'devices-password': {
    signedIn: true,
    path: '/',
    async ready(page, app) {
      await app.age(16)
      await page.getByRole('button', { name: /^Sign out Safari/ }).click()
      await page.getByRole('button', { name: 'Yes, sign out' }).click()
      await expect(page.getByLabel('Your password', { exact: true })).toBeFocused()
    },
  },
  activity: {
    signedIn: true,
    path: '/activity',
    async ready(page) {
      await expect(page.getByRole('list', { name: 'Activity' })).toContainText('Samsung Internet on Android signed in')
    },
  },
  security: { signedIn: true, path: '/security', ready: heading('Security') },
}

function heading(name: string) {
  return async (page: Page): Promise<void> => expect(page.getByRole('heading', { name, level: 1 })).toBeVisible()
}

const looks = (['light', 'dark'] as const).flatMap((colorScheme) =>
  ([1440, 360] as const).map((width) => ({ colorScheme, width })),
)

for (const { colorScheme, width } of looks) {
  test(`every page in ${colorScheme} at ${width} px`, async ({ app, device }) => {
    await device({ browser: 'Samsung Internet on Android', address: '203.0.113.80' })
    await device({ browser: 'Firefox on Ubuntu', address: '192.168.1.23' }) // local
    await device({ browser: 'Safari on iOS', address: '2001:638:8c0e:2::a4' }) // in Germany
    const viewport = { width, height: width === 360 ? 740 : 900 }
    const options = { colorScheme, viewport, reducedMotion: 'reduce' } as const
    const signedIn = await device({ ...options, address: '192.0.2.41' })
    const signedOut = await device({ ...options, signedIn: false })

    for (const [name, page] of Object.entries(pages)) {
      const tab = page.signedIn ? signedIn : signedOut
      await tab.goto(page.path)
      await page.ready(tab, app)
      const { violations } = await new AxeBuilder({ page: tab }).analyze()
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), name).toEqual([])
      const overflow = await tab.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect(overflow, `${name} must not scroll sideways`).toBeLessThanOrEqual(0)
      await tab.screenshot({ path: `${pictures}/${name}-${colorScheme}-${width}.png`, fullPage: true })
    }
  })
}
