import { type Page } from '@playwright/test'
import { devices, expect, test, type User } from '../fixtures.js'

async function signIn(page: Page, user: User): Promise<void> {
  await page.getByLabel('Email address').fill(user.email)
  await page.getByLabel('Password', { exact: true }).fill(user.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Devices', level: 1 })).toBeVisible()
}

test('a name is shown on all devices at once, and is still there after signing out and in again', async ({
  device,
  user,
}) => {
  const phone = await device({ browser: 'Safari on iPhone' })
  const laptop = await device({ browser: 'Firefox on Ubuntu' })
  await expect(devices(phone)).toHaveCount(2)
  await laptop.getByRole('button', { name: 'Rename Firefox on Ubuntu' }).click()
  const field = laptop.getByLabel('Device name')
  await expect(field).toBeFocused()
  await field.press('Escape')
  await expect(laptop.getByRole('button', { name: 'Rename Firefox on Ubuntu' })).toBeFocused()
  await laptop.keyboard.press('Enter')
  await field.fill("Mum's iPad")
  await field.press('Enter')
  for (const page of [laptop, phone]) await expect(page.getByRole('heading', { name: "Mum's iPad" })).toBeVisible()
  await expect(devices(laptop).filter({ hasText: "Mum's iPad" })).toContainText('Firefox on Ubuntu')

  await laptop.getByRole('button', { name: 'Sign out', exact: true }).first().click()
  await expect(laptop).toHaveURL(/\/sign-in/)
  await signIn(laptop, user)
  await expect(laptop.getByRole('heading', { name: "Mum's iPad" })).toBeVisible()
  await laptop.getByRole('button', { name: "Rename Mum's iPad" }).click()
  await field.fill('')
  await laptop.getByRole('button', { name: 'Save name' }).click()
  await expect(laptop.getByRole('heading', { name: 'Firefox on Ubuntu' })).toBeVisible()
})

test('a second sign-in of one browser stands under it, and can be signed out there', async ({ device, user }) => {
  const phone = await device({ browser: 'Safari on iPhone' })
  const laptop = await device({ browser: 'Firefox on Ubuntu' })
  await laptop.context().clearCookies({ name: 'rollcall.session_token' }) // as when a browser is closed
  await laptop.goto('/sign-in')
  await signIn(laptop, user)

  const earlier = phone.getByRole('list', { name: 'Earlier sign-ins still active' })
  await expect(phone.getByRole('heading', { level: 3, name: 'Firefox on Ubuntu' })).toHaveCount(1)
  await expect(earlier.getByRole('listitem')).toHaveCount(1)
  await phone.getByRole('button', { name: 'Sign out Firefox on Ubuntu, signed in' }).click()
  await phone.getByRole('button', { name: 'Yes, sign out' }).click()
  await expect(earlier).toHaveCount(0)
  await expect(devices(phone)).toHaveCount(2)
  await laptop.reload()
  await expect(laptop.getByRole('heading', { level: 3, name: 'Firefox on Ubuntu' })).toBeVisible()
})

test('a page with a touch screen reports it when a person signs in', async ({ device, user }) => {
  const page = await device({ signedIn: false })
  const reported = async (): Promise<string | undefined> => {
    const [request] = await Promise.all([page.waitForRequest('**/api/auth/sign-in/email'), signIn(page, user)])
    return request.headers()['x-touch-screen']
  }
  expect(await reported()).toBeUndefined()
  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click()
  await page.addInitScript(() => Object.defineProperty(navigator, 'maxTouchPoints', { get: () => 5 }))
  await page.goto('/')
  expect(await reported()).toBe('?1')
})
