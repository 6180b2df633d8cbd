import { randomUUID } from 'node:crypto'
import { devices, expect, test, violations } from '../fixtures.js'

test('sign up, and see the one device; when somebody else signs in in another window, this one shows them', async ({
  device,
  user,
}) => {
  const page = await device({ signedIn: false })
  const other = await page.context().newPage()
  await other.goto('/sign-in')
  await page.getByRole('link', { name: 'Create an account' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Grace Hopper')
  await page.getByLabel('Email address').fill(`grace-${randomUUID()}@example.org`)
  await page.getByLabel('Password', { exact: true }).fill('nanoseconds matter')
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(devices(page)).toHaveCount(1)
  await expect(page.getByText('Grace Hopper').first()).toBeVisible()
  await expect(page.getByText('This is the only device signed in to your account.')).toBeVisible()

  await expect(other.getByText('Someone signed in from another window of this browser.')).toBeVisible()
  await other.getByLabel('Email address').fill(user.email)
  await other.getByLabel('Password', { exact: true }).fill(user.password)
  await other.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(other.getByText(user.name).first()).toBeVisible()
  await expect(page.getByText(user.name).first()).toBeVisible({ timeout: 1_000 }) // counted from the other window's own page
  await expect(page.getByText('Grace Hopper')).toHaveCount(0)
})

test('a wrong password is refused without saying which part was wrong', async ({ device, user }) => {
  const page = await device({ signedIn: false })
  await page.getByLabel('Email address').fill(user.email)
  await page.getByLabel('Password', { exact: true }).fill('not the password')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByText('Incorrect email address or password.')).toBeVisible()
})

test('after wrong passwords from elsewhere, a new browser signs in with a check that goes on by itself', async ({
  device,
  user,
}) => {
  const page = await device({ signedIn: false })
  for (let n = 0; n < 10; n += 1) {
    const answer = await page.request.post('/api/auth/sign-in/email', {
      data: { email: user.email, password: 'not the password' },
      headers: { origin: new URL(page.url()).origin },
    })
    expect(answer.status()).toBe(401)
  }
  await page.getByLabel('Email address').fill(user.email)
  await page.getByLabel('Password', { exact: true }).fill(user.password)
  await page.route('**/assets/solver*.js', () => undefined) // the work does not begin
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(page.getByText('Checking your browser…')).toBeVisible()
  expect(await violations(page)).toEqual([])
  await page.getByRole('button', { name: 'Stop' }).press('Enter')
  await expect(page.getByText('Checking your browser…')).toHaveCount(0)
  await page.unrouteAll({ behavior: 'ignoreErrors' })

  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(devices(page)).toHaveCount(1)
})

test('a password change ends the other device and keeps this one', async ({ device, user }) => {
  const phone = await device({ browser: 'Safari on iPhone' })
  const laptop = await device()
  await laptop.getByRole('link', { name: 'Security' }).click()
  await laptop.getByLabel('Current password', { exact: true }).fill(user.password)
  await laptop.getByLabel('New password', { exact: true }).fill('a brand new password')
  await laptop.getByRole('button', { name: 'Change password' }).click()
  await expect(laptop.getByText('Your password was changed.')).toBeVisible()

  await laptop.getByRole('link', { name: 'Devices' }).click()
  await expect(devices(laptop)).toHaveCount(1)
  await expect(phone).toHaveURL(/\/sign-in/)
})

test('a reset by email ends all devices, and the new password signs in', async ({ app, device, user }) => {
  const laptop = await device()
  const phone = await device({ browser: 'Safari on iPhone', signedIn: false })
  await phone.getByRole('link', { name: 'Forgot your password?' }).click()
  await expect(phone.getByRole('heading', { name: 'Forgot your password?' })).toBeVisible() // its field has a namesake before
  await phone.getByLabel('Email address').fill(user.email)
  await phone.getByRole('button', { name: /send/i }).click()
  await expect(phone.getByRole('heading', { name: 'Check your email' })).toBeVisible()

  await expect.poll(() => app.mailTo(user.email, 'reset-password')).toBeDefined()
  await phone.goto(app.mailTo(user.email, 'reset-password')?.link ?? '')
  await phone.getByLabel('New password', { exact: true }).fill('a brand new password')
  await phone
    .getByRole('button', { name: /password/i })
    .last()
    .click()
  await expect(phone.getByText('all devices were signed out')).toBeVisible()

  await expect(laptop.getByText('because the password or the account was changed')).toBeVisible()
  await laptop.getByLabel('Email address').fill(user.email)
  await laptop.getByLabel('Password', { exact: true }).fill('a brand new password')
  await laptop.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(devices(laptop)).toHaveCount(1)
})
