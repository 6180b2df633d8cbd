import type { ReactNode } from 'react'
import { AuthFailure } from '../../api/auth.js'
import { words } from '../../i18n/words.js'
import type { Refusal } from '../../ui/form.js'
import { explainFailure } from '../forms/auth-errors.js'

/** The name of the field of a code, and the id of its element. */
export const CODE_FIELD = 'code'

const wrongCodes = { INVALID_CODE: 'wrongCode', INVALID_BACKUP_CODE: 'wrongBackupCode' } as const

/** Refusals after which no code of this sign-in works any more, and the words for them. */
const finalRefusals = {
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
export function explainCode(error: unknown): Refusal {
  const code = codeOf(error)
  const word = code in wrongCodes ? wrongCodes[code as keyof typeof wrongCodes] : undefined // it is in there
  if (word !== undefined) return { fields: { [CODE_FIELD]: words((t) => t(`secondFactor.${word}`)) } }
  return code === 'TOO_MANY_WRONG_CODES'
    ? { summary: words((t) => t('secondFactor.codesUsedUp')) }
    : explainFailure(error)
}

/** Why the person must give the password again; `null` if another code may do. */
export function explainEnd(error: unknown): ReactNode {
  const code = codeOf(error)
  if (code === 'CREDENTIALS_CHANGED') return words((t) => t('signIn.superseded'))
  return code in finalRefusals
    ? words((t) => t(`secondFactor.${finalRefusals[code as keyof typeof finalRefusals]}`))
    : null // as above
}

function codeOf(error: unknown): string {
  return error instanceof AuthFailure ? (error.code ?? '') : ''
}
