import { passkey } from '@better-auth/passkey'
import { expect, test } from 'vitest'
import { createPasskey, startApp } from '../helpers.js'

test('a sign-in with a passkey is remembered or not, as the person says, and stays so when it is proved again', async () => {
  await using t = await startApp({ plugins: [passkey()] })
  const { browser } = await t.person('library')
  const key = createPasskey(t.origin)
  expect((await key.register(browser)).status).toBe(200)
  const day = 24 * 60 * 60_000
  const daysLeft = async () => {
    const { expiresAt } = (await browser.session()) ?? {}
    return Math.ceil(((expiresAt?.getTime() ?? 0) - Date.now()) / day)
  }
  for (const [more, days] of [
    [{ rememberMe: false }, 1],
    [{}, 1],
    [{ rememberMe: true }, 7],
    [{}, 7],
  ] as const) {
    const answer = await key.signIn(browser, more)
    const lines = answer.setCookies.filter((line) => line.includes('session_token='))
    expect(lines).toHaveLength(1)
    expect(/max-age/i.test(lines[0] ?? '')).toBe(days > 1)
    expect(await daysLeft()).toBe(days)
  }
})
