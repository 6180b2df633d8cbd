import type { I18n } from '../../i18n/i18n.js'

/** The API's own limits (better-auth's defaults), said before the way to it. */
const min = 8
const max = 128

export const passwordHint = ({ t }: I18n): string => t('fields.passwordHint', { min })

export function newPasswordError({ t }: I18n, password: string): string | undefined {
  if (password === '') return t('fields.enterNewPassword')
  if (password.length < min) return t('fields.tooShort', { min })
  if (password.length > max) return t('fields.tooLong', { max })
  return undefined
}

/** The rule that a new password breaks, by the API's answer; `undefined` for an error about something else. */
export function newPasswordRefusal({ t }: I18n, code: string): string | undefined {
  switch (code) {
    case 'PASSWORD_TOO_SHORT':
      return t('fields.tooShort', { min })
    case 'PASSWORD_TOO_LONG':
      return t('fields.tooLong', { max })
    case 'PASSWORD_BLANK':
      return t('fields.blankPassword')
    case 'PASSWORD_PERSONAL':
      return t('fields.personalPassword')
    case 'PASSWORD_EASY_TO_GUESS':
      return t('fields.easyPassword')
    case 'PASSWORD_REUSED':
      return t('fields.samePassword')
    default:
      return undefined
  }
}
