import type { ReactNode } from 'react'
import { AuthFailure } from '../../api/auth.js'
import type { I18n } from '../../i18n/i18n.js'
import { words } from '../../i18n/words.js'
import type { Refusal } from '../../ui/form.js'
import { explainFailure } from './auth-errors.js'

/** The API's own limits, said before the way to it. */
const min = 15
const max = 128

export const passwordHint = ({ t }: I18n): string => t('newPassword.hint', { min })

export function newPasswordError(password: string): ReactNode {
  if (password === '') return words((t) => t('newPassword.missing'))
  if (Array.from(password).length < min) return words((t) => t('newPassword.tooShort', { min }))
  if (password.length > max) return words((t) => t('newPassword.tooLong', { max }))
  return undefined
}

/** As `explainFailure`, for a form that has a field for a new password. The words for it come later than those of a first visit. */
export function explainNewPassword(error: unknown, field = 'newPassword'): Refusal {
  const fault = error instanceof AuthFailure ? newPasswordRefusal(error.code ?? '') : undefined
  return fault === undefined ? explainFailure(error) : { fields: { [field]: fault } }
}

/** The rule that a new password breaks, by the API's answer; `undefined` for an error about something else. */
function newPasswordRefusal(code: string): ReactNode {
  switch (code) {
    case 'PASSWORD_TOO_SHORT':
      return words((t) => t('newPassword.tooShort', { min }))
    case 'PASSWORD_TOO_LONG':
      return words((t) => t('newPassword.tooLong', { max }))
    case 'PASSWORD_BLANK':
      return words((t) => t('newPassword.blank'))
    case 'PASSWORD_PERSONAL':
      return words((t) => t('newPassword.personal'))
    case 'PASSWORD_EASY_TO_GUESS':
      return words((t) => t('newPassword.easy'))
    case 'PASSWORD_REUSED':
      return words((t) => t('newPassword.same'))
    default:
      return undefined
  }
}
