import { devices, expect, test } from '../fixtures.js'

test('what was done from the laptop is listed there: signed in, signed out, by whom and from where', async ({
  device,
}) => {
  await device({ browser: 'Safari on iPhone', address: '2001:638:8c0e:2::a4' })
  const laptop = await device({ address: '192.0.2.41' })
  await laptop.getByRole('button', { name: 'Sign out Safari on iPhone' }).click()
  await laptop.getByRole('button', { name: 'Yes, sign out' }).click()
  await expect(devices(laptop)).toHaveCount(1)

  await laptop.getByRole('link', { name: 'Activity' }).click()
  await expect(laptop.getByRole('heading', { name: 'Activity', level: 1 })).toBeFocused()
  const lines = laptop.getByRole('list', { name: 'Activity' }).getByRole('listitem')
  await expect(lines.nth(0)).toContainText('Safari on iPhone was signed out by Chrome on Windows (this device)')
  await expect(lines.nth(0)).toContainText('192.0.2.41')
  await expect(lines.nth(0)).toContainText('just now')
  await expect(lines.nth(1)).toContainText('Chrome on Windows (this device) signed in for the first time')
  await expect(lines.nth(2)).toContainText('Safari on iPhone signed in for the first time')
  await expect(lines.nth(2)).toContainText('Germany · 2001:638:8c0e:2::a4')
  await expect(laptop.getByText('That’s all. Older activity isn’t kept.')).toBeVisible()
  await expect(laptop.getByRole('link', { name: 'IP Geolocation by DB-IP' })).toBeVisible()
})

test('a long history goes on as one scrolls, and by keyboard alone', async ({ app, device, user, request }) => {
  const laptop = await device()
  const signIn = () =>
    request.post(`${app.url}/api/auth/sign-in/email`, {
      data: { email: user.email, password: user.password },
      headers: { origin: app.url, 'x-forwarded-for': '198.51.100.7' },
    })
  for (let n = 0; n < 28; n += 1)
    await expect.poll(async () => (await signIn()).status(), { intervals: [1_000] }).toBe(200)
  await laptop.goto('/activity')
  const lines = laptop.getByRole('list', { name: 'Activity' }).getByRole('listitem')
  await expect(lines.first()).toBeVisible()
  await expect(async () => {
    await laptop.mouse.wheel(0, 5_000)
    await expect(laptop.getByText('That’s all. Older activity isn’t kept.')).toBeVisible({ timeout: 500 })
  }).toPass()
  const all = await lines.count()
  expect(all).toBeGreaterThanOrEqual(29)

  // Without an observer, or without scrolling, the button does the same.
  await laptop.addInitScript(() => {
    IntersectionObserver.prototype.observe = () => undefined
  })
  await laptop.goto('/activity')
  await expect(lines).toHaveCount(25)
  const more = laptop.getByRole('button', { name: 'Show more' })
  await more.focus()
  await laptop.keyboard.press('Enter')
  await expect(lines).toHaveCount(all)
  await expect(laptop.getByText('That’s all. Older activity isn’t kept.')).toBeFocused()
})
