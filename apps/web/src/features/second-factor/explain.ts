import { AuthFailure } from '../../api/auth.js'
import type { I18n } from '../../i18n/i18n.js'
import type { Refusal } from '../../ui/form.js'
import { explainFailure } from '../forms/auth-errors.js'

/** The name of the field of a code, and the id of its element. */
export const CODE_FIELD = 'code'

const wrongCodes = { INVALID_CODE: 'wrongCode', INVALID_BACKUP_CODE: 'wrongBackupCode' } as const

/** Refusals after which no code of this sign-in works any more, and the words for them. */
const ends = {
  INVALID_TWO_FACTOR_COOKIE: 'late',
  TOTP_NOT_ENABLED: 'late',
  BACKUP_CODES_NOT_ENABLED: 'late',
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: 'tooManyTries',
} as const

/** Its status is 401 too, but it says nothing about the session. */
export function isWrongCode(error: unknown): boolean {
  return codeOf(error) in wrongCodes
}

/** Why a code was not taken. */
export function explainCode(i18n: I18n, error: unknown): Refusal {
  const code = codeOf(error)
  const word = code in wrongCodes ? wrongCodes[code as keyof typeof wrongCodes] : undefined // it is in there
  if (word !== undefined) return { fields: { [CODE_FIELD]: i18n.t(`secondFactor.${word}`) } }
  return code === 'TOO_MANY_WRONG_CODES' ? { summary: i18n.t('secondFactor.codesUsedUp') } : explainFailure(i18n, error)
}

/** Why the person must give the password again; `null` if another code may do. */
export function explainEnd(i18n: I18n, error: unknown): string | null {
  const code = codeOf(error)
  if (code === 'CREDENTIALS_CHANGED') return i18n.t('signIn.superseded')
  return code in ends ? i18n.t(`secondFactor.${ends[code as keyof typeof ends]}`) : null // as above
}

function codeOf(error: unknown): string {
  return error instanceof AuthFailure ? (error.code ?? '') : ''
}
