import type { Page } from '@playwright/test'
import { devices, expect, password, test, violations } from '../fixtures.js'
import { expectNothingLost, heightOfHeader } from '../layout.js'

const katherine = { name: 'Katherine Johnson', email: 'katherine@example.org', password }

async function enter(page: Page, path: 'sign-up' | 'sign-in'): Promise<number> {
  const answer = await page.request.post(`/api/auth/${path}/email`, {
    data: katherine,
    headers: { origin: new URL(page.url()).origin },
  })
  await page.goto('/')
  return answer.status()
}

/** On a phone, in each language. */
async function expectLowHeader(page: Page): Promise<void> {
  const viewport = page.viewportSize()
  await page.setViewportSize({ width: 360, height: 740 })
  for (const language of ['de', 'en']) {
    await page.getByRole('combobox', { name: /Language|Sprache/ }).selectOption(language)
    await expect(page.locator('html')).toHaveAttribute('lang', language)
    expect(await heightOfHeader(page), `the page must begin within the first 100 px in ${language}`).toBeLessThan(100)
  }
  if (viewport) await page.setViewportSize(viewport)
}

test('an administrator signs out a device, what a filter finds, and a blocked account; for others there is no such page', async ({
  app,
  device,
  user,
}) => {
  const victim = await device({ signedIn: false, browser: 'Firefox on Ubuntu' })
  expect(await enter(victim, 'sign-up')).toBe(200)
  await expect(devices(victim)).toHaveCount(1)
  await expect(victim.getByRole('link', { name: 'Admin' })).toHaveCount(0)
  await victim.goto('/admin')
  await expect(victim.getByRole('heading', { level: 1 })).toHaveText('Page not found')
  await victim.goto('/')

  await app.addAdministrator(user.email)
  const page = await device()
  await page.getByRole('link', { name: 'Admin' }).click()
  await expectLowHeader(page)
  await page.getByLabel(/^Name, email address/).fill('johnson')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Show Katherine Johnson' }).click()
  await page.getByLabel('Reason, shown to the people affected').fill('Stolen laptop')
  await page.getByRole('button', { name: /^Sign out Firefox/ }).click()
  await page.getByRole('button', { name: 'Yes, sign out' }).click()
  await expect(page.getByText('No devices are signed in.')).toBeVisible()
  await expect(victim.getByText(/Stolen laptop/)).toBeVisible()

  expect(await enter(victim, 'sign-in')).toBe(200)
  await expect(page.getByRole('button', { name: /^Sign out Firefox/ })).toBeVisible() // the person is shown as they are
  await page.evaluate(() => performance.clearResourceTimings())
  await app.runCommand('revoke', '--user', katherine.email, '--confirm', '1', '--reason', 'By the command')
  await expect(page.getByRole('list', { name: 'Operations' }).getByRole('listitem').first()).toContainText(
    'By the command',
  )
  await expect(page.getByText('No devices are signed in.')).toBeVisible()
  const asked = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
  const others = asked.filter((name) => /\/(?:trpc|api)\/(?!admin\.people\.activity\?)/.test(name))
  expect(others, 'the page must be notified, and ask for nothing but what is new in the activity').toEqual([])
  await expect(victim).toHaveURL(/sign-in/)

  expect(await enter(victim, 'sign-in')).toBe(200)
  await page.getByLabel('Email address or ID of a person').fill(katherine.email)
  await page.getByLabel('Signed in with').selectOption('Password')
  await page.getByLabel('Kind of device').selectOption('Phone')
  await page.getByLabel('Last seen before').pressSequentially('01')
  await page.getByRole('button', { name: 'Find sessions' }).click()
  await expect(page.getByLabel('Last seen before')).toBeFocused()
  await page.getByLabel('Last seen before').fill('2100-01-01T00:00')
  await page.getByRole('button', { name: 'Find sessions' }).click()
  await expect(page.getByText('No sessions found')).toBeVisible()
  await page.getByLabel('Kind of device').selectOption('Computer')
  await page.getByRole('button', { name: 'Find sessions' }).click()
  await expect(page.getByText('1 session of 1 person found')).toBeVisible()
  await page.getByLabel(/^Enter the number/).fill('1')
  await page.getByRole('button', { name: 'Sign out these sessions' }).click()
  expect(await violations(page)).toEqual([])
  await expectNothingLost(page, 'administration')
  await page.getByRole('button', { name: 'Yes, sign out' }).click()
  await expect(victim).toHaveURL(/sign-in/)
  await expect(page.getByRole('list', { name: 'Operations' }).getByRole('listitem').first()).toContainText('Done')

  await page.getByRole('button', { name: 'Block account' }).click()
  await page.getByRole('button', { name: 'Yes, block' }).click()
  await expect(page.getByRole('button', { name: 'Lift the block' })).toBeVisible()
  expect(await enter(victim, 'sign-in')).toBe(403)

  await app.removeAdministrator(user.email)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Page not found')
  await expect(page.getByRole('link', { name: 'Admin' })).toHaveCount(0)
})
