import { APIError } from 'better-auth/api'

interface LengthRules {
  readonly minPasswordLength: number
  readonly maxPasswordLength: number
}

/** @throws {APIError} 400, as better-auth's own endpoints. */
export function requireLength(password: string, { minPasswordLength, maxPasswordLength }: LengthRules): void {
  if (password.length < minPasswordLength)
    throw new APIError('BAD_REQUEST', { code: 'PASSWORD_TOO_SHORT', message: 'Password too short' })
  if (password.length > maxPasswordLength)
    throw new APIError('BAD_REQUEST', { code: 'PASSWORD_TOO_LONG', message: 'Password too long' })
}
