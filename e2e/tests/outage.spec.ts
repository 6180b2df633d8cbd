import { devices, expect, test } from '../fixtures.js'
import { startApp } from '../app.js'

// The one test that stops Redis has an application of its own.
const outage = test.extend({
  app: [
    async ({}, use) => {
      const app = await startApp()
      await use(app)
      await app.stop()
    },
    { scope: 'worker' },
  ],
})

outage(
  'while Redis hangs nobody is signed out, nothing is said to be done, and it goes on by itself',
  async ({ app, device }) => {
    await device({ browser: 'Safari on iPhone' })
    const laptop = await device()
    await expect(devices(laptop)).toHaveCount(2)
    process.kill(app.redis.pid, 'SIGSTOP')
    try {
      await laptop.getByRole('button', { name: 'Sign out the other device' }).click()
      await laptop.getByRole('button', { name: 'Yes, sign out' }).click()
      await expect(laptop.getByText('Your other devices may still be signed in.')).toBeVisible()
      await laptop.getByRole('button', { name: 'Sign out', exact: true }).first().click()
      await expect(laptop.getByText('This device may still be signed in.')).toBeVisible()
      await laptop.reload()
      await expect(laptop.getByText('This didn’t sign you out.')).toBeVisible()
      expect(await laptop.context().cookies()).not.toEqual([])
    } finally {
      process.kill(app.redis.pid, 'SIGCONT')
    }
    await expect.poll(async () => (await fetch(`${app.url}/readyz`)).status).toBe(200)
    await laptop.getByRole('button', { name: 'Try again' }).click()
    await expect(devices(laptop).nth(0)).toContainText('This device')
  },
)
