import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

const TAG_LENGTH = 22 // 128 bits
const ID_LENGTH = 16 // 96 bits
const SECRET_LENGTH = 43 // 256 bits

const HASH_LENGTH = 32
const NAMES_LENGTH = TAG_LENGTH + ID_LENGTH
const TOKEN_LENGTH = NAMES_LENGTH + SECRET_LENGTH
const BASE64URL = /^[\w-]+$/

/** A token taken apart: `<userTag><sessionId><secret>`, each of fixed length, base64url. */
export interface TokenParts {
  readonly userTag: string
  readonly sessionId: string
  readonly secretHash: string
}

/** 128 bits of SHA-256 of the user id: finds the key and says nothing about the user. */
export function userTagOf(userId: string): string {
  return Buffer.from(sha256(userId), 'latin1').toString('base64url', 0, 16)
}

/** A fresh session id: 96 random bits, public. */
export function newSessionId(): string {
  return randomBytes(12).toString('base64url')
}

/** A fresh secret of 256 random bits inside a token for the given session. */
export function newToken(userTag: string, sessionId: string): { token: string; secretHash: string } {
  const secret = randomBytes(32).toString('base64url')
  return { token: userTag + sessionId + secret, secretHash: sha256(secret) }
}

/**
 * `null` for anything that cannot be a token; costs no round trip. The names in it are copies, for anyone to keep: a
 * part of a string keeps the whole of it in memory.
 */
export function parseToken(token: string): TokenParts | null {
  if (token.length !== TOKEN_LENGTH || !BASE64URL.test(token)) return null
  names.write(token, 0, NAMES_LENGTH, 'latin1')
  return {
    userTag: names.toString('latin1', 0, TAG_LENGTH),
    sessionId: names.toString('latin1', TAG_LENGTH, NAMES_LENGTH),
    secretHash: sha256(token.slice(NAMES_LENGTH)),
  }
}

const names = Buffer.alloc(NAMES_LENGTH)

/** Fields of the hash that are not session ids, such as the watermark, are out of a caller's reach. */
export function isSessionId(value: string): boolean {
  return value.length === ID_LENGTH && BASE64URL.test(value)
}

/** Constant in time, so that an answer's delay tells nothing about the stored hash. */
export function sameHash(a: string, b: string): boolean {
  if (a.length !== HASH_LENGTH || b.length !== HASH_LENGTH) return false
  one.write(a, 'latin1')
  other.write(b, 'latin1')
  return timingSafeEqual(one, other)
}

const one = Buffer.alloc(HASH_LENGTH)
const other = Buffer.alloc(HASH_LENGTH)

/** A character a byte. One call, and no buffer of its own: either would take longer than the hashing itself. */
function sha256(text: string): string {
  return hash('sha256', text, 'binary')
}
