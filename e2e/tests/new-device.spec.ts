import { devices, expect, test } from '../fixtures.js'

test('a new browser is reported by mail, one that is known is not', async ({ app, device, user }) => {
  const laptop = await device({ browser: 'Firefox on Ubuntu' })
  await expect.poll(() => app.mailTo(user.email, 'secure-account')?.text).toContain('Firefox on Ubuntu')
  const { text } = app.mailTo(user.email, 'secure-account') ?? {}
  await laptop.getByRole('button', { name: 'Sign out', exact: true }).first().click()
  await expect(laptop).toHaveURL(/\/sign-in/)
  await laptop.getByLabel('Email address').fill(user.email)
  await laptop.getByLabel('Password', { exact: true }).fill(user.password)
  await laptop.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(devices(laptop)).toHaveCount(1)
  // Mails are written in order: when that of the next new browser is there, one of this sign-in would be, too.
  await device({ browser: 'Safari on iPhone' })
  await expect.poll(() => app.mailTo(user.email, 'secure-account')?.text).toContain('Safari on iPhone')
  expect(
    app
      .mailsTo(user.email, 'secure-account')
      .filter((mail) => mail.text.includes('Firefox on Ubuntu'))
      .map((mail) => mail.text),
  ).toEqual([text])
})

test('"this wasn’t me" ends both devices at once, and the second mail gives a new password', async ({
  app,
  device,
  user,
}) => {
  const laptop = await device({ browser: 'Firefox on Ubuntu' })
  const latestMail = () => app.mailTo(user.email, 'secure-account')?.text
  await expect.poll(latestMail).toContain('Firefox on Ubuntu') // two at once may come in either order
  const thief = await device({ browser: 'Safari on iPhone' })
  await expect.poll(latestMail).toContain('Safari on iPhone')
  const reader = await device({ browser: 'Samsung Internet on Android', signedIn: false })
  await reader.goto(app.mailTo(user.email, 'secure-account')?.link ?? '')
  await expect(reader.getByRole('heading', { name: 'Wasn’t you?' })).toBeVisible()
  await expect(reader.getByText(/^Safari on iPhone, .+ 20\d\d/)).toBeVisible()
  await thief.reload()
  await expect(devices(thief)).toHaveCount(2) // opening the link has changed nothing

  await reader.getByRole('button', { name: /It wasn’t me/ }).click()
  await expect(reader.getByRole('heading', { name: 'All devices were signed out' })).toBeVisible()
  for (const tab of [laptop, thief]) await expect(tab).toHaveURL(/\/sign-in/)
  await thief.getByLabel('Email address').fill(user.email)
  await thief.getByLabel('Password', { exact: true }).fill(user.password)
  await thief.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(thief.getByRole('alert').first()).toBeVisible()
  await expect(thief).toHaveURL(/\/sign-in/)

  await reader.reload()
  await expect(reader.getByRole('heading', { name: 'This link no longer works' })).toBeVisible()

  await expect.poll(() => app.mailTo(user.email, 'reset-password')).toBeDefined()
  await laptop.goto(app.mailTo(user.email, 'reset-password')?.link ?? '')
  await laptop.getByLabel('New password', { exact: true }).fill('a brand new password')
  await laptop.getByRole('button', { name: 'Save new password' }).click()
  await expect(laptop.getByText('all devices were signed out')).toBeVisible()
  await laptop.getByLabel('Email address').fill(user.email)
  await laptop.getByLabel('Password', { exact: true }).fill('a brand new password')
  await laptop.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(devices(laptop)).toHaveCount(1)
})
