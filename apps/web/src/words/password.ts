import type { Words } from './words.js'

/** The API's own limits (better-auth's defaults), said before the way to it. */
const min = 8
const max = 128

export const passwordHint = ({ t }: Words): string => t('fields.passwordHint', { min })
export const tooShort = ({ t }: Words): string => t('fields.tooShort', { min })
export const tooLong = ({ t }: Words): string => t('fields.tooLong', { max })

export function wrongWithNewPassword(words: Words, password: string): string | undefined {
  if (password === '') return words.t('fields.enterNewPassword')
  if (password.length < min) return tooShort(words)
  if (password.length > max) return tooLong(words)
  return undefined
}
