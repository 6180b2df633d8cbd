import { devices, expect, test } from '../fixtures.js'

test('both devices are shown, this one marked and first', async ({ device }) => {
  await device({ browser: 'Safari on iPhone', address: '203.0.113.7' })
  const laptop = await device({ browser: 'Firefox on Ubuntu' })

  await expect(devices(laptop)).toHaveCount(2)
  await expect(devices(laptop).nth(0)).toContainText('Firefox on Ubuntu')
  await expect(devices(laptop).nth(0)).toContainText('This device')
  await expect(devices(laptop).nth(1)).toContainText('Safari on iPhone')
  await expect(devices(laptop).nth(1)).toContainText('203.0.113.7')
  await expect(devices(laptop).nth(1)).toContainText('Active now')
  await expect(devices(laptop).nth(1).locator('time').first()).toHaveAttribute('datetime', /^\d{4}-\d\d-\d\dT/)
})

test('a device is shown with its place, and where that is known from', async ({ device }) => {
  await device({ browser: 'Safari on iPhone', address: '131.188.0.10' })
  await device({ browser: 'Samsung Internet on Android', address: '10.0.0.7' })
  const laptop = await device()

  const place = (browser: string, words: string) =>
    expect(devices(laptop).filter({ hasText: browser })).toContainText(words)
  await place('Safari on iPhone', 'Germany')
  await place('Samsung Internet on Android', 'Local network')
  await expect(laptop.getByText('Countries are estimated from the IP address')).toBeVisible()
  await expect(laptop.getByRole('link', { name: 'IP Geolocation by DB-IP' })).toBeVisible()
})

test('a device that is revoked leaves at once, in all of its tabs, and says why', async ({ device }) => {
  const phone = await device({ browser: 'Safari on iPhone' })
  const secondTab = await phone.context().newPage()
  await secondTab.goto('/security')
  const laptop = await device()
  await expect(devices(phone)).toHaveCount(2)

  await laptop.getByRole('button', { name: 'Sign out Safari on iPhone' }).click()
  await laptop.getByRole('button', { name: 'Yes, sign out' }).click()
  await expect(laptop.getByText('Safari on iPhone was signed out.').first()).toBeVisible()
  await expect(devices(laptop)).toHaveCount(1)
  await expect(laptop.getByText('This is the only device signed in to your account.')).toBeVisible()

  const why = 'Chrome on Windows signed out this device just now.'
  for (const tab of [phone, secondTab]) {
    await expect(tab.getByText(why)).toBeVisible({ timeout: 1_000 }) // counted from the laptop's own confirmation
    await expect(tab).toHaveURL(/\/sign-in/)
    await expect(tab.getByText('Ada Lovelace')).toHaveCount(0)
    await tab.goBack()
    await expect(tab.getByText('Ada Lovelace')).toHaveCount(0)
    await expect(devices(tab)).toHaveCount(0)
  }
})

test('the first press asks, Escape takes it back, and nothing was ended', async ({ device }) => {
  await device({ browser: 'Safari on iPhone' })
  const laptop = await device()
  const signOut = laptop.getByRole('button', { name: 'Sign out Safari on iPhone' })
  await signOut.click()
  await expect(laptop.getByRole('button', { name: 'Yes, sign out' })).toBeFocused()
  // One question at a time: the card shows neither its details nor its other question.
  const beside = devices(laptop).filter({ hasText: 'Safari' }).locator('summary, .was-this-you')
  await expect(beside.filter({ visible: true })).toHaveCount(0)
  await laptop.keyboard.press('Escape')
  await expect(signOut).toBeFocused()
  await expect(beside.filter({ visible: true })).toHaveCount(2)
  await laptop.reload()
  await expect(devices(laptop)).toHaveCount(2)
})

test('sign out others: this one stays, all others are refused', async ({ device }) => {
  const phone = await device({ browser: 'Safari on iPhone' })
  await device({ browser: 'Firefox on Ubuntu' })
  const tablet = await device({ browser: 'Samsung Internet on Android' })
  const laptop = await device({ viewport: { width: 360, height: 480 } })

  await laptop.getByRole('button', { name: 'Sign out Firefox on Ubuntu' }).click()
  const before = await laptop.evaluate(() => scrollY)
  expect(before).toBeGreaterThan(100)
  await laptop.keyboard.press('Enter')
  await expect(devices(laptop)).toHaveCount(3)
  await expect(laptop.getByRole('listitem', { name: 'Safari on iPhone' })).toBeFocused()
  expect(Math.abs((await laptop.evaluate(() => scrollY)) - before), 'the place on the page').toBeLessThan(100)

  await laptop.getByRole('button', { name: 'Sign out all other devices (2)' }).click()
  await laptop.getByRole('button', { name: 'Yes, sign out' }).click()
  await expect(laptop.getByText('All other devices were signed out. 2 sign-ins ended.')).toBeVisible()
  await expect(devices(laptop)).toHaveCount(1)
  for (const other of [phone, tablet]) {
    await expect(other.getByText('Chrome on Windows signed out this device')).toBeVisible()
  }
})

test('sign out everywhere: this one is signed out too', async ({ device }) => {
  const phone = await device({ browser: 'Safari on iPhone' })
  const laptop = await device()

  await laptop.getByRole('button', { name: 'Sign out everywhere' }).click()
  await laptop.getByRole('button', { name: 'Yes, sign out' }).click()
  await expect(
    laptop.getByText('You’re signed out on all devices, including this one. 2 sign-ins ended in total.'),
  ).toBeVisible()
  expect((await laptop.context().cookies()).map(({ name }) => name)).toEqual(['rollcall.device']) // it signs nobody in
  await expect(phone.getByText('Chrome on Windows signed out all devices')).toBeVisible()
})

test('who signed in a while ago gives the password in place, and what was asked goes on', async ({
  app,
  device,
  user,
}) => {
  const phone = await device({ browser: 'Safari on iPhone' })
  const laptop = await device()
  await app.age(16)
  await laptop.getByRole('button', { name: 'Sign out Safari on iPhone' }).click()
  await laptop.getByRole('button', { name: 'Yes, sign out' }).click()

  const password = laptop.getByLabel('Your password', { exact: true })
  await expect(password).toBeFocused()
  await expect(devices(laptop)).toHaveCount(2)
  await password.fill('not the password')
  await laptop.keyboard.press('Enter')
  await expect(laptop.getByText('Wrong password.').first()).toBeVisible()
  await laptop.keyboard.press('Tab')
  await password.fill(user.password)
  await laptop.keyboard.press('Enter')
  await expect(laptop.getByText('Safari on iPhone was signed out.').first()).toBeVisible()
  await expect(devices(laptop)).toHaveCount(1)
  await expect(phone).toHaveURL(/\/sign-in/)

  await app.age(16)
  await laptop.getByRole('button', { name: 'Sign out everywhere' }).click()
  await laptop.getByRole('button', { name: 'Yes, sign out' }).click()
  await expect(laptop.getByText('This device is signed out too. This can’t be undone.')).toBeVisible()
  await laptop.getByLabel('Your password', { exact: true }).press('Escape')
  await expect(laptop.getByRole('button', { name: 'Sign out everywhere' })).toBeFocused()
  await laptop.reload()
  await expect(devices(laptop)).toHaveCount(1)
})

test('sign out: this device goes to the sign-in page, the other stays', async ({ device }) => {
  const phone = await device({ browser: 'Safari on iPhone' })
  const laptop = await device()
  const secondTab = await laptop.context().newPage()
  await secondTab.goto('/')
  await expect(devices(secondTab)).toHaveCount(2)
  await laptop.getByRole('button', { name: 'Sign out', exact: true }).first().click()
  for (const tab of [laptop, secondTab]) await expect(tab.getByText('You’re signed out on this device.')).toBeVisible()
  // The stream may report the end before the answer that removes the cookie arrives. The cookie that remains signs nobody in.
  await expect.poll(async () => (await laptop.context().cookies()).map(({ name }) => name)).toEqual(['rollcall.device'])
  await expect(devices(phone)).toHaveCount(1)
})

test('a page whose code cannot be had leaves the one that is shown, and comes once the server or its new release is there', async ({
  device,
}) => {
  const laptop = await device()
  await laptop.addInitScript(() => Object.assign(window, { requestIdleCallback: () => 0 })) // or it is there already
  await laptop.reload()
  await expect(devices(laptop)).toHaveCount(1)
  await laptop.context().setOffline(true)
  await laptop.getByRole('link', { name: 'Activity' }).click()
  await expect(laptop.getByRole('alert')).toContainText('Couldn’t open that page.')
  await expect(laptop.getByRole('alert')).toContainText('Can’t reach Rollcall.')
  await expect(devices(laptop)).toHaveCount(1)
  await expect(laptop).toHaveURL(/\/$/)
  await laptop.context().setOffline(false)
  await laptop.getByRole('link', { name: 'Activity' }).click()
  await expect(laptop.getByRole('heading', { name: 'Activity', level: 1 })).toBeVisible()

  await laptop.route('**/assets/security-page-*.js', (route) => route.fulfill({ status: 404 }), { times: 1 })
  await laptop.getByRole('link', { name: 'Security' }).click()
  await expect(laptop.getByRole('heading', { name: 'Security', level: 1 })).toBeVisible()
})

test('the list follows what happens elsewhere, without a reload', async ({ device }) => {
  const laptop = await device()
  const secondTab = await laptop.context().newPage()
  await secondTab.goto('/')
  for (const tab of [laptop, secondTab]) await expect(tab.getByText('Live: this list updates by itself')).toBeVisible()

  const phone = await device({ browser: 'Safari on iPhone' })
  await expect(devices(phone)).toHaveCount(2)
  for (const tab of [laptop, secondTab]) {
    await expect(devices(tab).nth(1)).toContainText('Safari on iPhone', { timeout: 1_000 }) // counted from the phone's own page
    await expect(devices(tab)).toHaveCount(2)
  }
  await phone.getByRole('button', { name: 'Sign out', exact: true }).first().click()
  await expect(phone.getByText('You’re signed out on this device.')).toBeVisible()
  for (const tab of [laptop, secondTab]) await expect(devices(tab)).toHaveCount(1, { timeout: 1_000 })

  // When the tab that listens is closed, the other one takes over.
  await laptop.close()
  await device({ browser: 'Firefox on Ubuntu' })
  await expect(devices(secondTab).nth(1)).toContainText('Firefox on Ubuntu')
})

test('the whole journey by keyboard alone', async ({ device, user }) => {
  await device({ browser: 'Safari on iPhone' })
  const laptop = await device({ signedIn: false })
  await expect(laptop).toHaveURL(/\/sign-in/)
  const tabTo = async (name: string): Promise<void> => {
    const target = laptop.getByRole('button', { name, exact: true })
    await target.waitFor()
    for (let presses = 0; presses < 40; presses += 1) {
      await laptop.keyboard.press('Tab')
      if (await target.evaluate((element) => element === document.activeElement)) return
    }
    throw new Error(`"${name}" cannot be reached with the Tab key`)
  }

  await laptop.getByLabel('Email address').focus()
  await laptop.keyboard.type(user.email)
  await laptop.keyboard.press('Tab')
  await laptop.keyboard.type(user.password)
  await laptop.keyboard.press('Enter')
  await expect(devices(laptop)).toHaveCount(2)

  await tabTo('Sign out Safari on iPhone')
  await laptop.keyboard.press('Enter')
  await expect(laptop.getByRole('button', { name: 'Yes, sign out' })).toBeFocused()
  await laptop.keyboard.press('Enter')
  await expect(devices(laptop)).toHaveCount(1)
})
