import type { Page } from '@playwright/test'
import { devices, expect, requestReset, test, violations } from '../fixtures.js'

// Without motion: in the middle of an arrival the contrast is not what it will be.
const german = { locale: 'de-DE', viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' } as const

/** Words are longer in German: on a phone nothing may stick out, and no word may be left in English. */
async function isFine(page: Page, name: string): Promise<void> {
  expect(
    await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth),
    `${name} must not scroll sideways`,
  ).toBeLessThanOrEqual(0)
  expect(await violations(page), name).toEqual([])
  await expect(page.locator('html')).toHaveAttribute('lang', 'de')
  expect(await page.locator('body').innerText(), name).not.toMatch(
    /\b(the|you|your|sign|signed|device|devices|this|password|has|will)\b/i,
  )
}

test('somebody whose browser speaks German does everything in German', async ({ app, device, user }) => {
  test.slow()
  await device({ browser: 'Samsung Internet on Android', address: '192.168.1.23' })
  const laptop = await device({ browser: 'Chrome on Windows' })
  const phone = await device({ ...german, browser: 'Firefox on Ubuntu', signedIn: false })
  await expect(phone.getByRole('heading', { name: 'Anmelden' })).toBeVisible()
  await isFine(phone, 'sign-in')
  await phone.getByRole('button', { name: 'Anmelden', exact: true }).click()
  await expect(phone.getByRole('alert')).toContainText('Geben Sie Ihr Passwort ein.')
  await isFine(phone, 'sign-in with its mistakes')
  const linkOf = (page: 'reset-password' | 'secure-account') => app.mailTo(user.email, page)?.link ?? ''
  await requestReset(phone, app, user.email)
  for (const page of ['reset-password', 'secure-account'] as const) await expect.poll(() => linkOf(page)).not.toBe('')
  for (const [path, title] of [
    ['/sign-up', 'Konto erstellen'],
    ['/forgot-password', 'Passwort vergessen?'],
    [linkOf('reset-password'), 'Neues Passwort wählen'],
    ['/reset-password', 'Dieser Link gilt nicht mehr'],
    [linkOf('secure-account'), 'Waren Sie das nicht?'],
    ['/nowhere', 'Seite nicht gefunden'],
  ] as const) {
    await phone.goto(path)
    await expect(phone.getByRole('heading', { name: title, level: 1 })).toBeVisible()
    await isFine(phone, path)
  }

  await phone.goto('/')
  await phone.getByLabel('E-Mail-Adresse').fill(user.email)
  await phone.getByLabel('Passwort', { exact: true }).fill(user.password)
  await phone.keyboard.press('Enter')
  const cards = phone.getByRole('list', { name: 'Angemeldete Geräte' }).getByRole('listitem')
  await expect(cards).toHaveCount(3)
  await expect(cards.nth(0)).toContainText('Firefox auf Ubuntu')
  await expect(cards.nth(0)).toContainText('Dieses Gerät')
  await isFine(phone, 'devices')
  await phone.getByRole('button', { name: 'Samsung Internet auf Android umbenennen' }).click()
  await isFine(phone, 'the name')
  await phone.keyboard.type('Arbeit')
  await phone.keyboard.press('Enter')
  await expect(phone.getByText('Umbenannt in Arbeit.')).toBeVisible()

  await app.age(16)
  await phone.getByRole('button', { name: 'Abmelden: Chrome auf Windows' }).click()
  await isFine(phone, 'the question')
  await phone.getByRole('button', { name: 'Ja, abmelden' }).click()
  await expect(phone.getByLabel('Ihr Passwort', { exact: true })).toBeFocused()
  await isFine(phone, 'the password')
  await phone.keyboard.type(user.password)
  await phone.keyboard.press('Enter')
  await expect(phone.getByText('Chrome auf Windows wurde abgemeldet.')).toBeVisible()
  await expect(laptop.getByText('Firefox on Ubuntu signed out this device just now.')).toBeVisible()

  await phone.getByRole('button', { name: 'Das andere Gerät abmelden' }).click()
  await isFine(phone, 'the question about the others')
  await phone.getByRole('button', { name: 'Ja, abmelden' }).click()
  await expect(phone.getByText('Alle anderen Geräte wurden abgemeldet. 1 Anmeldung ist beendet.')).toBeVisible()
  await phone.getByRole('link', { name: 'Aktivität' }).click()
  await expect(phone.getByRole('list', { name: 'Aktivität' })).toContainText(
    'Chrome auf Windows wurde abgemeldet von Firefox auf Ubuntu (dieses Gerät)',
  )
  await isFine(phone, 'activity')
  await phone.getByRole('link', { name: 'Sicherheit' }).click()
  await expect(phone.getByRole('heading', { name: 'Sicherheit' })).toBeVisible()
  await isFine(phone, 'security')
})

test('the language is switched by keyboard alone, stays where one was, and is remembered', async ({ device }) => {
  const page = await device()
  await expect(devices(page)).toHaveCount(1)
  const select = page.getByRole('combobox', { name: 'Language' })
  for (
    let presses = 0;
    presses < 40 && !(await select.evaluate((element) => element === document.activeElement));
    presses += 1
  ) {
    await page.keyboard.press('Tab')
  }
  await expect(select).toBeFocused()
  await page.keyboard.type('Deutsch')
  await expect(page.getByRole('heading', { name: 'Geräte', level: 1 })).toBeVisible()
  await expect(page.getByRole('combobox', { name: 'Sprache' })).toBeFocused()
  await page.reload()
  await expect(page.getByRole('heading', { name: 'Geräte', level: 1 })).toBeVisible()
  await expect(page.locator('html')).toHaveAttribute('lang', 'de')
})
