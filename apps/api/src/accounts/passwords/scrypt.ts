import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** Parameters of scrypt (RFC 7914). A hash takes 128 × N × r bytes, and time in proportion to N × r × p. */
export interface ScryptCost {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** The cost that OWASP's Password Storage Cheat Sheet asks for: 128 MiB for a hash. */
export const owaspCost: ScryptCost = { N: 2 ** 17, r: 8, p: 1 }

/** The cost of better-auth's hashes, which are `<salt>:<key>` in hex. The salt is used as that text. */
const legacyCost: ScryptCost = { N: 2 ** 14, r: 16, p: 1 }
const LEGACY = /^([\da-f]{32}):([\da-f]{128})$/
/** The PHC string format; base64 without padding. */
const PHC = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z\d+/]{22})\$([A-Za-z\d+/]{86})$/

const SALT_BYTES = 16
const KEY_BYTES = 64

interface Stored {
  readonly cost: ScryptCost
  readonly salt: string | Buffer
  readonly key: Buffer
}

/** A hash in the PHC string format, with a salt of its own. */
export async function hashPassword(password: string, cost: ScryptCost): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const key = await derive(password, salt, cost)
  return `$scrypt$ln=${Math.log2(cost.N)},r=${cost.r},p=${cost.p}$${base64(salt)}$${base64(key)}`
}

/**
 * Whether this is the password. A refusal takes the work of `cost`, however cheap the stored hash is. So its time does not
 * reveal an account with an old hash. A text that is no hash is nobody's password.
 */
export async function verifyPassword(hash: string, password: string, cost: ScryptCost): Promise<boolean> {
  const stored = parse(hash)
  if (stored === null) {
    await derive(password, randomBytes(SALT_BYTES), cost)
    return false
  }
  const isRight = timingSafeEqual(await derive(password, stored.salt, stored.cost), stored.key)
  const { N, r } = stored.cost
  const rest = Math.floor((workOf(cost) - workOf(stored.cost)) / (N * r))
  if (!isRight && rest > 0) await derive(password, stored.salt, { N, r, p: rest })
  return isRight
}

/** Whether a hash took less work than `cost` asks for, or is of better-auth. */
export function isOutdated(hash: string, cost: ScryptCost): boolean {
  const stored = parse(hash)
  return stored !== null && (LEGACY.test(hash) || workOf(stored.cost) < workOf(cost))
}

function parse(hash: string): Stored | null {
  const [, oldSalt, oldKey] = LEGACY.exec(hash) ?? []
  if (oldSalt !== undefined && oldKey !== undefined)
    return { cost: legacyCost, salt: oldSalt, key: Buffer.from(oldKey, 'hex') }
  const [, ln, r, p, salt, key] = PHC.exec(hash) ?? []
  if (salt === undefined || key === undefined) return null
  const cost = { N: 2 ** Number(ln), r: Number(r), p: Number(p) }
  return { cost, salt: Buffer.from(salt, 'base64'), key: Buffer.from(key, 'base64') }
}

const scryptAsync = promisify<string, string | Buffer, number, object, Buffer>(scrypt)

function derive(password: string, salt: string | Buffer, { N, r, p }: ScryptCost): Promise<Buffer> {
  return scryptAsync(password.normalize('NFKC'), salt, KEY_BYTES, { N, r, p, maxmem: 2 * 128 * N * r + 128 * r * p })
}

function workOf({ N, r, p }: ScryptCost): number {
  return N * r * p
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
