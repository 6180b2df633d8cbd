import { startApp } from '../app.js'
import { agents, devices, expect, password, test } from '../fixtures.js'

test('seven tabs on plain http off localhost share one stream, and each still works', async ({ browser }) => {
  const app = await startApp({ host: 'rollcall.test', program: 'server' })
  const context = await browser.newContext({ baseURL: app.url, userAgent: agents['Chrome on Windows'] })
  try {
    const user = { name: 'Ada Lovelace', email: 'ada@example.org', password }
    const first = await context.newPage()
    await first.goto('/sign-in')
    expect(await first.evaluate(() => isSecureContext || 'locks' in navigator)).toBe(false)
    await first.evaluate(async (data) => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(data) }
      await fetch('/api/auth/sign-up/email', init)
    }, user)
    await first.goto('/')
    const tabs = [first]
    while (tabs.length < 7) {
      const tab = await context.newPage()
      await tab.goto('/') // the seventh, too: a browser opens six connections to an origin
      tabs.push(tab)
    }
    for (const tab of tabs) await expect(tab.getByText('Live')).toBeVisible()

    await fetch(`http://127.0.0.1:${new URL(app.url).port}/api/auth/sign-in/email`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: app.url, 'user-agent': agents['Safari on iPhone'] },
      body: JSON.stringify(user),
    })
    for (const tab of tabs) await expect(devices(tab)).toHaveCount(2)
    // The one that held the stream for all of them leaves.
    await tabs.shift()?.close()
    const last = tabs.at(-1) ?? first
    await last.getByRole('button', { name: 'Sign out Safari on iPhone' }).click()
    await last.getByRole('button', { name: 'Yes, sign out' }).click()
    for (const tab of tabs) await expect(devices(tab)).toHaveCount(1)
  } finally {
    await context.close()
    await app.stop()
  }
})
