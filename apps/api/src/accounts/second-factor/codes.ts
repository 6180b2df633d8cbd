import { randomInt } from 'node:crypto'
import { z } from 'zod'

/** People copy these by hand: none looks like another, as 0 and o, or 1, i and l, do. */
const CHARACTERS = '23456789abcdefghjkmnpqrstuvwxyz'

const BACKUP_CODES = 10

const character = (): string => CHARACTERS.charAt(randomInt(CHARACTERS.length))

/** Each has 49 random bits, in two groups of five characters. */
export const newBackupCodes = (): string[] =>
  Array.from({ length: BACKUP_CODES }, () => Array.from('xxxxx-xxxxx', (x) => (x === 'x' ? character() : x)).join(''))

/** A code of an authenticator app. People type it in two groups, as apps show it. */
export const totpCode = z
  .string()
  .transform((text) => text.replaceAll(/\s/g, ''))
  .pipe(z.string().regex(/^\d{6}$/, 'must have six digits'))

const withCode = z.object({ code: totpCode })

/** The code in a request for `/two-factor/verify-totp`, in one spelling; `null` for a request without one. */
export function totpCodeIn(body: unknown): string | null {
  return withCode.safeParse(body).data?.code ?? null
}
