import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

export const TAG_LENGTH = 22 // 128 bits
export const ID_LENGTH = 16 // 96 bits
const SECRET_LENGTH = 43 // 256 bits

const HASH_LENGTH = 32
const PUBLIC_LENGTH = TAG_LENGTH + ID_LENGTH
const TOKEN_LENGTH = PUBLIC_LENGTH + SECRET_LENGTH
const BASE64URL = /^[\w-]+$/

/** A token taken apart: `<userTag><sessionId><secret>`, each of fixed length, base64url. */
export interface TokenParts {
  readonly userTag: string
  readonly sessionId: string
  readonly secretHash: string
}

/** 128 bits of SHA-256 of the user id: enough to find the key, without revealing the user. */
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

/** A token for a session that `create` may make later. Until then, it signs nobody in. */
export function newSessionToken(userId: string): string {
  return newToken(userTagOf(userId), newSessionId()).token
}

/**
 * `null` for anything that cannot be a token; costs no round trip. User tag and session id are copies, because a part of a
 * string keeps the whole string in memory.
 */
export function parseToken(token: string): TokenParts | null {
  if (token.length !== TOKEN_LENGTH || !BASE64URL.test(token)) return null
  publicPart.write(token, 0, PUBLIC_LENGTH, 'latin1')
  return {
    userTag: publicPart.toString('latin1', 0, TAG_LENGTH),
    sessionId: publicPart.toString('latin1', TAG_LENGTH, PUBLIC_LENGTH),
    secretHash: sha256(token.slice(PUBLIC_LENGTH)),
  }
}

const publicPart = Buffer.alloc(PUBLIC_LENGTH)

/** The session id in a token; `null` for a text that cannot be one. It proves nothing. */
export function sessionIdIn(token: string): string | null {
  return token.length === TOKEN_LENGTH && BASE64URL.test(token) ? token.slice(TAG_LENGTH, PUBLIC_LENGTH) : null
}

/** Whether a text can be a session id. Other fields of the hash, such as the watermark, cannot. */
export function isSessionId(value: string): boolean {
  return value.length === ID_LENGTH && BASE64URL.test(value)
}

/** Takes constant time, so that the delay of an answer reveals nothing about the stored hash. */
export function isSameHash(a: string, b: string): boolean {
  if (a.length !== HASH_LENGTH || b.length !== HASH_LENGTH) return false
  one.write(a, 'latin1')
  other.write(b, 'latin1')
  return timingSafeEqual(one, other)
}

const one = Buffer.alloc(HASH_LENGTH)
const other = Buffer.alloc(HASH_LENGTH)

/** The bytes of a hash, as an argument of a script. */
export function hashBytes(hash: string): Buffer {
  return Buffer.from(hash, 'latin1')
}

/** One character per byte. One call, and no buffer of its own: either would take longer than the hashing itself. */
function sha256(text: string): string {
  return hash('sha256', text, 'binary')
}
