import { defineConfig } from '@playwright/test'

const executablePath = process.env['ROLLCALL_CHROMIUM']

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results/output',
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: process.env['CI'] !== undefined,
  timeout: 180_000, // a sign-in costs half a second of a core, and some tests need thirty
  expect: { timeout: 10_000 },
  reporter: [['list'], ['json', { outputFile: 'test-results/playwright.json' }]],
  use: {
    browserName: 'chromium',
    locale: 'en-GB',
    timezoneId: 'Europe/London',
    screenshot: 'only-on-failure', // a trace would cost each test that passes a third of its time: --trace on
    launchOptions: {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: [
        '--no-sandbox',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--host-resolver-rules=MAP rollcall.test 127.0.0.1',
      ],
    },
  },
})
