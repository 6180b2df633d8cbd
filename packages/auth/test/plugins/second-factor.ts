import { base32 } from '@better-auth/utils/base32'
import { createOTP } from '@better-auth/utils/otp'
import { expect } from 'vitest'
import { anyToken, type Browser, password, type startApp } from '../helpers.js'

type App = Awaited<ReturnType<typeof startApp>>

/** The code that an authenticator app shows. */
export function codeFrom(totpURI: string): () => Promise<string> {
  const secret = new URL(totpURI).searchParams.get('secret') ?? ''
  return () => createOTP(new TextDecoder().decode(base32.decode(secret))).totp()
}

/** Turns on an authenticator app, and gives what it knows. */
export async function enableApp(browser: Browser) {
  const enabled = await browser.post('/two-factor/enable', { password })
  expect(enabled.status).toBe(200)
  const { totpURI, backupCodes } = enabled.body as { totpURI: string; backupCodes: string[] }
  const code = codeFrom(totpURI)
  const verified = await browser.post('/two-factor/verify-totp', { code: await code() })
  expect(verified.status).toBe(200)
  return { code, backupCodes, bodies: [enabled.text, verified.text] }
}

/** Someone whose account has an authenticator app, and a browser on which only the password was given. */
export async function halfSignedIn(t: App, name: string) {
  const { browser: owner, email, userId } = await t.person(name)
  const app = await enableApp(owner)
  const browser = t.browser()
  t.events.length = 0
  const answer = await browser.signIn(email)
  expect(answer).toMatchObject({ status: 200, body: { twoFactorRedirect: true } })
  expect(answer.text).not.toMatch(anyToken)
  return { owner, email, userId, browser, ...app }
}
