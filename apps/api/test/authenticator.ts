import { createHmac } from 'node:crypto'
import { expect } from 'vitest'
import { type Browser, PASSWORD } from './browser.js'
import type { TestServer } from './helpers.js'

const PERIOD_MS = 30_000
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/**
 * The code that an authenticator app shows, by RFC 6238.
 *
 * @param steps codes later than now. The server accepts the one before and the one after, too.
 */
export function codeOf(totpURI: string, steps = 0): string {
  const secret = new URL(totpURI).searchParams.get('secret') ?? ''
  const bits = Array.from(secret, (letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / PERIOD_MS) + steps))
  const digest = createHmac('sha1', key).update(counter).digest()
  const offset = (digest.at(-1) ?? 0) & 15
  return String((digest.readUInt32BE(offset) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, '0')
}

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
