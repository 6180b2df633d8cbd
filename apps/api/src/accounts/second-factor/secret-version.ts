import { createHash } from 'node:crypto'

/**
 * The number by which better-auth finds the secret again that encrypted something. It depends on the secret alone: its place
 * in the list changes when another secret is added or taken away.
 */
export function secretVersion(secret: string): number {
  return createHash('sha256').update(`rollcall secret version:${secret}`).digest().readUIntBE(0, 6)
}
