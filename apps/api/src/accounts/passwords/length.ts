import { APIError } from 'better-auth/api'

/** Characters of a new password. NIST SP 800-63B-4 (3.1.1.2) asks for 15 where a password alone signs in. */
export const MIN_PASSWORD_LENGTH = 15

interface LengthRules {
  readonly minPasswordLength: number
  readonly maxPasswordLength: number
}

/** @throws {APIError} 400, as better-auth's own endpoints. */
export function requireLength(password: string, { minPasswordLength, maxPasswordLength }: LengthRules): void {
  if (password.length < minPasswordLength) throw tooShort()
  if (password.length > maxPasswordLength)
    throw new APIError('BAD_REQUEST', { code: 'PASSWORD_TOO_LONG', message: 'Password too long' })
}

/**
 * The endpoints count an emoji as two characters, and NIST counts code points.
 *
 * @throws {APIError} 400, as for {@link requireLength}.
 */
export function requireCodePoints(password: string): void {
  if (Array.from(password).length < MIN_PASSWORD_LENGTH) throw tooShort()
}

const tooShort = () => new APIError('BAD_REQUEST', { code: 'PASSWORD_TOO_SHORT', message: 'Password too short' })
