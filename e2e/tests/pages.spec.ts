import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Page } from '@playwright/test'
import type { App } from '../app.js'
import { type DeviceOptions, devices, expect, requestReset, test, type User, violations } from '../fixtures.js'
import { expectNothingLost, expectPressable, heightOfHeader, layoutShift, outOfReach, overflow } from '../layout.js'

// Every page and every question, in light and dark, at the width of a phone and of a desk. Nothing fails axe, overflows, or moves
// while it loads. Each gets a picture; `pnpm --filter @rollcall/e2e screenshots` renews those of the README.
const documentation = process.env['SCREENSHOTS_DIR']
const documented = new Set(['devices-light-1440', 'devices-dark-1440'])
const pictures = fileURLToPath(new URL('../test-results/pictures', import.meta.url))
mkdirSync(pictures, { recursive: true })

interface Shown {
  readonly signedIn: boolean
  /** Or the link of a mail of this kind. */
  readonly path: string | { readonly mail: 'reset-password' | 'secure-account' }
  /** Waits until all is there. */
  readonly ready: (page: Page) => Promise<void>
  /** The next action of the person. */
  readonly act?: (page: Page, app: App) => Promise<void>
}

const allDevices = { signedIn: true, path: '/', ready: async (page: Page) => expect(devices(page)).toHaveCount(4) }

const pages: Record<string, Shown> = {
  'sign-up': { signedIn: false, path: '/sign-up', ready: heading('Create an account') },
  'sign-in': { signedIn: false, path: '/sign-in', ready: heading('Sign in') },
  'forgot-password': { signedIn: false, path: '/forgot-password', ready: heading('Forgot your password?') },
  'secure-account': { signedIn: false, path: { mail: 'secure-account' }, ready: heading('Wasn’t you?') },
  'secure-account-dead': {
    signedIn: false,
    path: '/secure-account',
    ready: heading('This link no longer works'),
  },
  'reset-password': { signedIn: false, path: { mail: 'reset-password' }, ready: heading('Choose a new password') },
  devices: allDevices,
  'devices-naming': {
    ...allDevices,
    async act(page) {
      await page.getByRole('button', { name: /^Rename Safari/ }).click()
      await expect(page.getByLabel('Device name')).toBeFocused()
    },
  },
  'devices-choosing': {
    ...allDevices,
    async act(page) {
      await page.getByRole('button', { name: 'Choose devices' }).click()
      await page.getByRole('checkbox', { name: /Safari/ }).check()
    },
  },
  'devices-asking': { ...allDevices, act: ask(/^Sign out Safari/, 'Yes, sign out') },
  'devices-asking-others': { ...allDevices, act: ask('Sign out all other devices (3)', 'Yes, sign out') },
  'devices-asking-everywhere': { ...allDevices, act: ask('Sign out everywhere', 'Yes, sign out') },
  'devices-password': {
    ...allDevices,
    async act(page, app) {
      await app.age(16)
      await ask(/^Sign out Safari/, 'Yes, sign out')(page)
      await page.keyboard.press('Enter')
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
  security: {
    signedIn: true,
    path: '/security',
    async ready(page) {
      await expect(page.getByRole('button', { name: 'Add a passkey' })).toBeVisible()
    },
  },
  account: { signedIn: true, path: '/account', ready: heading('Account') },
  'account-deleting': {
    signedIn: true,
    path: '/account',
    ready: heading('Account'),
    act: ask('Delete account', 'Yes, delete my account'),
  },
}

/** Checked only on a phone, because they are made of the same pieces. */
const states: Record<string, Shown> = {
  'sign-in-ended': {
    signedIn: false,
    path: '/sign-in',
    ready: heading('Sign in'),
    async act(page) {
      await page.evaluate(() => localStorage.setItem('rollcall.signedIn', '1'))
      await page.goto('/activity')
      await expect(page.getByRole('status')).toContainText('You were signed out.')
    },
  },
  'sign-in-wrong': {
    signedIn: false,
    path: '/sign-in',
    ready: heading('Sign in'),
    async act(page) {
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      await expect(page.getByRole('alert')).toContainText('Enter your password.')
    },
  },
  'forgot-password-sent': {
    signedIn: false,
    path: '/forgot-password',
    ready: heading('Forgot your password?'),
    async act(page) {
      await page.getByLabel('Email address').fill('somebody@example.org')
      // On a busy machine Redis may answer too late: the page says so, and a person asks again.
      await expect(async () => {
        await page.keyboard.press('Enter')
        await expect(page.getByRole('heading', { name: 'Check your email' })).toBeVisible({ timeout: 3_000 })
      }).toPass()
    },
  },
  'dead-link': {
    signedIn: false,
    path: '/reset-password?error=INVALID_TOKEN',
    ready: heading('This link no longer works'),
  },
  'not-found': { signedIn: false, path: '/nowhere', ready: heading('Page not found') },
  crash: {
    signedIn: true,
    path: '/',
    ready: heading('Devices'),
    async act(page) {
      await page.route('**/trpc/activity.list**', (route) =>
        route.fulfill({ json: [{ result: { data: { entries: [null], nextCursor: null } } }] }),
      )
      await page.getByRole('link', { name: 'Activity' }).click()
      await heading('Something went wrong')(page)
      await expect(page.getByRole('main')).toHaveCount(1)
      await expect(page.getByRole('link', { name: 'Rollcall' })).toHaveCount(1)
      await page.unroute('**/trpc/activity.list**')
    },
  },
  unreachable: {
    ...allDevices,
    async act(page) {
      await page.route('**/trpc/**', (route) => route.abort())
      await page.reload()
      await heading('Can’t show your account')(page)
      await page.unroute('**/trpc/**')
    },
  },
}

function heading(name: string) {
  return async (page: Page): Promise<void> => expect(page.getByRole('heading', { name, level: 1 })).toBeVisible()
}

function ask(name: string | RegExp, answer: string) {
  return async (page: Page): Promise<void> => {
    await page.getByRole('button', { name }).click()
    await expect(page.getByRole('button', { name: answer })).toBeFocused()
  }
}

async function addressOf({ path }: Shown, tab: Page, app: App, { email }: User): Promise<string> {
  if (typeof path === 'string') return path
  const { mail } = path
  if (mail === 'reset-password') await requestReset(tab, app, email)
  await expect.poll(() => app.mailTo(email, mail)).toBeDefined()
  return app.mailTo(email, mail)?.link ?? ''
}

/** Four devices of one person: the last one, and a browser that is signed in nowhere, are to be looked at. */
async function household(
  device: (options?: DeviceOptions) => Promise<Page>,
  options: DeviceOptions,
): Promise<{ signedIn: Page; signedOut: Page }> {
  await device({ browser: 'Samsung Internet on Android', address: '203.0.113.80' })
  await device({ browser: 'Firefox on Ubuntu', address: '192.168.1.23' }) // local
  await device({ browser: 'Safari on iPhone', address: '2001:638:8c0e:2::a4' }) // in Germany
  return {
    signedIn: await device({ ...options, address: '192.0.2.41' }),
    signedOut: await device({ ...options, signedIn: false }),
  }
}

interface Look {
  readonly width: number
  readonly colorSchemes: readonly ['light' | 'dark', ...('light' | 'dark')[]]
}

// Each width, and all states in both colour schemes. The fourth picture of a page is for the documentation alone.
const looks: readonly Look[] = [
  { width: 360, colorSchemes: ['light', 'dark'] },
  { width: 1440, colorSchemes: documentation === undefined ? ['dark'] : ['dark', 'light'] },
]

for (const { width, colorSchemes } of looks) {
  test(`every page at ${width} px, in ${colorSchemes.join(' and ')}`, async ({ app, device, user }) => {
    test.slow()
    const viewport = { width, height: width === 360 ? 740 : 900 }
    const tabs = await household(device, { colorScheme: colorSchemes[0], viewport, reducedMotion: 'reduce' })

    for (const [name, page] of Object.entries(width === 360 ? { ...pages, ...states } : pages)) {
      const tab = page.signedIn ? tabs.signedIn : tabs.signedOut
      await tab.goto(await addressOf(page, tab, app, user))
      await page.ready(tab)
      expect(await layoutShift(tab), `${name} must not move while it loads`).toBe(0)
      await page.act?.(tab, app)
      for (const colorScheme of colorSchemes) {
        const look = `${name} in ${colorScheme}`
        await tab.emulateMedia({ colorScheme })
        if (page.signedIn && width === 360)
          expect(await heightOfHeader(tab), `${look} must begin within the first 100 px`).toBeLessThan(100)
        expect(await violations(tab), look).toEqual([])
        expect(await overflow(tab), `${look} must not scroll sideways`).toBeLessThanOrEqual(0)
        if (width === 360) await expectPressable(tab, look)
        const moving = await tab.evaluate(
          () =>
            document.getAnimations().filter(({ effect }) => Number(effect?.getComputedTiming().duration) > 1).length,
        )
        expect(moving, `${look} must keep still for who asked for that`).toBe(0)
        if (name in pages) await takePicture(tab, `${name}-${colorScheme}-${width}`)
      }
      await tab.emulateMedia({ colorScheme: colorSchemes[0] })
    }
  })
}

async function takePicture(page: Page, name: string): Promise<void> {
  const folder = (documented.has(name) ? documentation : undefined) ?? pictures
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true })
}

test.describe('with the longest names', () => {
  test.use({ userName: 'W'.repeat(50), userMailbox: 'a'.repeat(40) })

  test('all is there and can be pressed at 200 and 400 %, with larger text, wider spacings and forced colours', async ({
    app,
    device,
    user,
  }) => {
    test.slow()
    // The page's view of a window of 1440 by 900 at that zoom.
    const tabs = await household(device, {
      viewport: { width: 720, height: 450 },
      deviceScaleFactor: 2,
      reducedMotion: 'reduce',
    })
    await nameLongest(tabs.signedIn)
    for (const [name, page] of Object.entries({ ...pages, ...states })) {
      const tab = page.signedIn ? tabs.signedIn : tabs.signedOut
      await tab.goto(await addressOf(page, tab, app, user))
      await page.ready(tab)
      await page.act?.(tab, app)
      expect(await overflow(tab), `${name} must not scroll sideways`).toBeLessThanOrEqual(0)
      expect(await outOfReach(tab), `${name} must leave nothing out of reach`).toEqual([])
      await expectNothingLost(tab, name)
    }
  })
})

/** As long as a name may be, without a blank, on two devices. */
async function nameLongest(page: Page): Promise<void> {
  for (const name of ['Safari', 'Chrome']) {
    await page.getByRole('button', { name: new RegExp(`^Rename ${name}`) }).click()
    await page.getByLabel('Device name').fill(name.padEnd(50, 'W'))
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { name: name.padEnd(50, 'W') })).toBeVisible()
  }
}
