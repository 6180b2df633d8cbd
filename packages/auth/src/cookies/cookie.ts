import { timingSafeEqual } from 'node:crypto'
import type { AuthContext } from '@better-auth/core'
import { parseCookies } from 'better-call' // the parser behind better-auth's endpoints: both must see the same cookie
import { hmac } from './hmac.js'

/** The first signs, all of them verify: so cookies outlive a change of the secret. */
export type Secrets = readonly [string, ...string[]]

/** The secrets of better-auth's options `secret` and `secrets`. On its own, it verifies cookies with the first alone. */
export function secretsOf({ secret, secretConfig }: Pick<AuthContext, 'secret' | 'secretConfig'>): Secrets {
  if (typeof secretConfig === 'string') return [secret]
  const { keys, legacySecret = secret } = secretConfig
  return [secret, ...[...keys.values(), legacySecret].filter((other) => other !== secret)]
}

/** The token in a session cookie, or `null` when there is none or its signature does not hold. */
export function tokenFromCookie(headers: Headers, cookieName: string, secrets: Secrets): string | null {
  const signed = parseSigned(parseCookies(headers.get('cookie') ?? '').get(cookieName))
  return signed !== null && secrets.some((secret) => isSignedWith(signed, secret)) ? signed.text : null
}

/** Signs each value of a Cookie header anew that an earlier secret has signed. `null` if there is none. */
export function signWithCurrentSecret(cookies: string, [current, ...earlier]: Secrets): string | null {
  if (earlier.length === 0) return null
  return changeSigned(cookies, (name, signed) => {
    if (isSignedWith(signed, current) || !earlier.some((secret) => isSignedWith(signed, secret))) return null
    return signedCookie(name, signed.text, current)
  })
}

/** A Cookie header in which other names and texts replace signed ones. `null` if `replace` returns `null` for all. */
export function replaceSigned(
  cookies: string,
  secrets: Secrets,
  replace: (name: string, text: string) => readonly [name: string, text: string] | null,
): string | null {
  return changeSigned(cookies, (name, signed) => {
    const pair = secrets.some((secret) => isSignedWith(signed, secret)) ? replace(name, signed.text) : null
    return pair && signedCookie(...pair, secrets[0])
  })
}

function changeSigned(cookies: string, change: (name: string, signed: Signed) => string | null): string | null {
  let changed = false
  const pairs = cookies.split(';').map((pair) => {
    const [[name = '', value] = []] = parseCookies(pair)
    const signed = parseSigned(value)
    const other = signed && change(name, signed)
    if (other === null) return pair
    changed = true
    return ` ${other}`
  })
  return changed ? pairs.join(';') : null
}

/** A Cookie header with another text, signed, in the cookie of that name. */
export function signCookie(cookies: string, name: string, text: string, [current]: Secrets): string {
  const pairs = cookies.split(';')
  return pairs.map((pair) => (parseCookies(pair).has(name) ? ` ${name}=${signedValue(text, current)}` : pair)).join(';')
}

/** A Cookie header with one signed text. */
export function signedCookie(name: string, text: string, secret: string): string {
  return `${name}=${signedValue(text, secret)}`
}

function signedValue(text: string, secret: string): string {
  return encodeURIComponent(`${text}.${signatureOf(text, secret).toString('base64')}`)
}

interface Signed {
  readonly text: string
  readonly signature: Buffer
}

/** better-auth writes `<text>.<HMAC-SHA-256 of it, base64>`, percent-encoded. 44 characters with the padding are 32 bytes. */
function parseSigned(value: string | undefined): Signed | null {
  const [, text, signature] = /^(.+)\.([A-Za-z0-9+/]{43}=)$/s.exec(value ?? '') ?? []
  return text === undefined || signature === undefined ? null : { text, signature: Buffer.from(signature, 'base64') }
}

/** Constant in time, so that an answer's delay reveals nothing about the right signature. */
function isSignedWith({ text, signature }: Signed, secret: string): boolean {
  return timingSafeEqual(signature, signatureOf(text, secret))
}

function signatureOf(text: string, secret: string): Buffer {
  let sign = signers.get(secret)
  if (sign === undefined) signers.set(secret, (sign = hmac(secret)))
  return Buffer.from(sign(text), 'latin1')
}

/** By secret: there are as many as the application is configured with. */
const signers = new Map<string, ReturnType<typeof hmac>>()
