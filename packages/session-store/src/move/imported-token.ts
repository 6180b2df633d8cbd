import { createHash, createHmac, randomBytes } from 'node:crypto'
import { ID_LENGTH, TAG_LENGTH } from '../record/token.js'

// The token of an imported session is derived from the earlier token and from a random key. The key is in Redis, in the pointer
// that the earlier token leads to. So Redis alone does not yield the token, nor does a backup of the other store.

const KEY_LENGTH = 43

/** The name under which the pointer of an earlier token is stored. */
export function hashOf(earlierToken: string): string {
  return createHash('sha256').update(earlierToken).digest('base64url')
}

/** The tag of the user, then a random key of 256 bits. */
export function newPointer(userTag: string): string {
  return userTag + randomBytes(32).toString('base64url')
}

/** `null` for a text that is no pointer. */
export function deriveToken(pointer: string, earlierToken: string): string | null {
  if (pointer.length !== TAG_LENGTH + KEY_LENGTH) return null
  const key = pointer.slice(TAG_LENGTH)
  const part = (name: string): string => createHmac('sha256', key).update(`${name} ${earlierToken}`).digest('base64url')
  return pointer.slice(0, TAG_LENGTH) + part('id').slice(0, ID_LENGTH) + part('secret')
}
