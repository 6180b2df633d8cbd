import { APIError } from 'better-auth/api'

/** Characters of a new password. NIST SP 800-63B-4 (3.1.1.2) asks for 15 where a password alone signs in. */
export const MIN_PASSWORD_LENGTH = 15

/**
 * Counts code points, as NIST does. The endpoints of better-auth count an emoji as two characters.
 *
 * @throws {APIError} 400, as those endpoints.
 */
export function requireMinLength(password: string): void {
  if (Array.from(password).length < MIN_PASSWORD_LENGTH)
    throw new APIError('BAD_REQUEST', { code: 'PASSWORD_TOO_SHORT', message: 'Password too short' })
}

/** @throws {APIError} 400, as better-auth's own endpoints. */
export function requireLength(password: string, { maxPasswordLength }: { readonly maxPasswordLength: number }): void {
  requireMinLength(password)
  if (password.length > maxPasswordLength)
    throw new APIError('BAD_REQUEST', { code: 'PASSWORD_TOO_LONG', message: 'Password too long' })
}
