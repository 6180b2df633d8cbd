import { randomBytes } from 'node:crypto'
import { AxeBuilder } from '@axe-core/playwright'
import { type BrowserContext, type BrowserContextOptions, expect, type Page, test as base } from '@playwright/test'
import { type App, startApp } from './app.js'
import { waitForAnimations } from './layout.js'

export const password = 'correct horse battery'

/** Browsers as people have them. */
export const agents = {
  'Chrome on Windows':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36',
  'Firefox on Ubuntu': 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:152.0) Gecko/20100101 Firefox/152.0',
  'Safari on iPhone':
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
  'Samsung Internet on Android':
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36',
} as const

export interface DeviceOptions extends Pick<
  BrowserContextOptions,
  'colorScheme' | 'viewport' | 'deviceScaleFactor' | 'reducedMotion' | 'locale'
> {
  /** Default: Chrome on Windows. */
  readonly browser?: keyof typeof agents
  /** Default: true. */
  readonly signedIn?: boolean
  /** Its address. Default: an address of its own. */
  readonly address?: string
}

export interface User {
  readonly name: string
  readonly email: string
  readonly password: string
}

interface Fixtures {
  /** The name of `user`. */
  userName: string
  /** Begins the email address of `user`. */
  userMailbox: string
  /** Somebody new, who has an account and is signed in nowhere. */
  user: User
  /** A fresh browser, signed in as the test's own user and showing the devices page. */
  device: (options?: DeviceOptions) => Promise<Page>
}

export const test = base.extend<Fixtures, { app: App }>({
  app: [
    async ({}, use) => {
      const app = await startApp()
      await use(app)
      await app.stop()
    },
    { scope: 'worker' },
  ],

  userName: ['Ada Lovelace', { option: true }],
  userMailbox: ['ada', { option: true }],

  user: async ({ app, request, userName, userMailbox }, use) => {
    const user = { name: userName, email: `${userMailbox}.${randomBytes(4).toString('hex')}@example.org`, password }
    const answer = await request.post(`${app.url}/api/auth/sign-up/email`, {
      data: user,
      headers: { origin: app.url, 'x-forwarded-for': randomAddress() },
    })
    expect(answer.status()).toBe(200)
    await request.post(`${app.url}/api/auth/sign-out`, { data: {}, headers: { origin: app.url } })
    await use(user)
  },

  device: async ({ app, user, browser }, use, info) => {
    const contexts: BrowserContext[] = []
    const violations: string[] = []
    const loggedBefore = app.output().length
    await use(async ({ browser: agent = 'Chrome on Windows', signedIn = true, address, ...options } = {}) => {
      const context = await browser.newContext({
        baseURL: app.url,
        userAgent: agents[agent],
        extraHTTPHeaders: { 'x-forwarded-for': address ?? randomAddress() },
        ...options,
      })
      contexts.push(context)
      context.on('console', (message) => {
        if (/Content.Security.Policy/i.test(message.text())) violations.push(message.text())
      })
      context.on('weberror', (error) => violations.push(String(error.error())))
      if (signedIn) {
        const signIn = () =>
          context.request.post('/api/auth/sign-in/email', {
            data: { email: user.email, password: user.password },
            headers: { origin: app.url },
          })
        // On a busy machine Redis may answer later than the API waits for it. That is an outage, and to be asked again.
        await expect.poll(async () => (await signIn()).status(), { intervals: [1_000] }).toBe(200)
      }
      const page = await context.newPage()
      await page.goto('/')
      return page
    })
    if (info.status !== info.expectedStatus) {
      for (const page of contexts.flatMap((context) => context.pages()))
        console.log(page.url(), await page.locator('body').ariaSnapshot())
      console.log(app.output().slice(loggedBefore))
    }
    for (const context of contexts) await context.close()
    expect(violations, 'errors and policy violations in the page').toEqual([])
  },
})

export { expect }

/** From the blocks that are kept for documentation. */
function randomAddress(): string {
  const part = (): number => 1 + Math.floor(Math.random() * 254)
  return `2001:db8:${part().toString(16)}:${part().toString(16)}::${part().toString(16)}`
}

export const devices = (page: Page) => page.getByRole('list', { name: 'Signed-in devices' }).getByRole('listitem')

/** The violations that axe finds on a page. */
export async function violations(page: Page): Promise<string[]> {
  await waitForAnimations(page) // text that still fades in has too little contrast
  // The other mode opens a page of its own for each look, for the sake of frames from elsewhere; there are none.
  const found = await new AxeBuilder({ page }).setLegacyMode(true).analyze()
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}

/** Asks for a reset mail without the page; again after an outage, which a busy machine may look like. */
export async function requestReset(page: Page, app: App, email: string): Promise<void> {
  const request = () =>
    page.request.post('/api/auth/request-password-reset', { data: { email }, headers: { origin: app.url } })
  await expect.poll(async () => (await request()).status(), { intervals: [1_000] }).toBe(200)
}
