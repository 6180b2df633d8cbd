import type { ReactNode } from 'react'
import type { I18n } from '../../i18n/i18n.js'
import { words } from '../../i18n/words.js'

/** The API's own limits (better-auth's defaults), said before the way to it. */
const min = 8
const max = 128

export const passwordHint = ({ t }: I18n): string => t('fields.passwordHint', { min })

export function newPasswordError(password: string): ReactNode {
  if (password === '') return words((t) => t('fields.enterNewPassword'))
  if (password.length < min) return words((t) => t('fields.tooShort', { min }))
  if (password.length > max) return words((t) => t('fields.tooLong', { max }))
  return undefined
}

/** The rule that a new password breaks, by the API's answer; `undefined` for an error about something else. */
export function newPasswordRefusal(code: string): ReactNode {
  switch (code) {
    case 'PASSWORD_TOO_SHORT':
      return words((t) => t('fields.tooShort', { min }))
    case 'PASSWORD_TOO_LONG':
      return words((t) => t('fields.tooLong', { max }))
    case 'PASSWORD_BLANK':
      return words((t) => t('fields.blankPassword'))
    case 'PASSWORD_PERSONAL':
      return words((t) => t('fields.personalPassword'))
    case 'PASSWORD_EASY_TO_GUESS':
      return words((t) => t('fields.easyPassword'))
    case 'PASSWORD_REUSED':
      return words((t) => t('fields.samePassword'))
    default:
      return undefined
  }
}
