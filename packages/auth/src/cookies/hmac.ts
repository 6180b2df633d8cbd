import { hash } from 'node:crypto'

const BLOCK = 64
const HASH = 32

/**
 * HMAC-SHA-256 (RFC 2104) of texts, with one secret: 32 bytes, a character each.
 *
 * It makes two hashes, each by one call. The object that `createHmac` makes for each text takes a server more than three times
 * as long, most of it for garbage collection. That is a tenth of a query that needs only a signature.
 */
export function hmac(secret: string): (text: string) => string {
  const bytes = Buffer.from(secret)
  const key = Buffer.alloc(BLOCK)
  if (bytes.length > BLOCK) key.write(sha256(bytes), 'latin1')
  else bytes.copy(key)
  const inner = key.map((byte) => byte ^ 0x36)
  const outer = Buffer.alloc(BLOCK + HASH)
  outer.set(key.map((byte) => byte ^ 0x5c))

  return (text) => {
    outer.write(sha256(Buffer.concat([inner, Buffer.from(text)])), BLOCK, 'latin1')
    return sha256(outer)
  }
}

function sha256(bytes: Buffer): string {
  return hash('sha256', bytes, 'binary')
}
