import { totpCode } from '@rollcall/dev-auth'
import { expect } from 'vitest'
import { type Browser, PASSWORD } from './browser.js'
import type { TestServer } from './helpers.js'

/** The code that an authenticator app shows, so many steps later than now. */
export const codeOf = (totpURI: string, steps = 0): string =>
  totpCode(new URL(totpURI).searchParams.get('secret') ?? '', steps)

/** Turns the second factor on. The code of this moment is used up by it; those of the steps beside are not. */
export async function turnOn(device: Browser): Promise<{ totpURI: string; backupCodes: string[]; code: string }> {
  const answer = await device.post('/api/auth/two-factor/enable', { password: PASSWORD })
  expect(answer.status, await answer.clone().text()).toBe(200)
  const enabled = (await answer.json()) as { totpURI: string; backupCodes: string[] }
  const code = codeOf(enabled.totpURI)
  const verified = await device.post('/api/auth/two-factor/verify-totp', { code })
  expect(verified.status, await verified.clone().text()).toBe(200)
  return { ...enabled, code }
}

/** Signs in anew for each code. */
export async function expectToVerify(
  server: TestServer,
  email: string,
  codes: readonly (readonly [kind: string, code: string | undefined])[],
): Promise<void> {
  for (const [kind, code] of codes) {
    const device = server.browser()
    expect(await (await device.signIn(email)).json()).toMatchObject({ twoFactorRedirect: true })
    expect((await device.post(`/api/auth/two-factor/verify-${kind}`, { code })).status, kind).toBe(200)
  }
}
