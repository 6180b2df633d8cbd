/** The API's own limits (better-auth's defaults), said before the way to it. */
const MIN = 8
const MAX = 128

export const PASSWORD_HINT = `At least ${MIN} characters. A few words in a row make a good one.`
export const TOO_SHORT = `Use at least ${MIN} characters.`
export const TOO_LONG = `Use at most ${MAX} characters.`

export function wrongWithNewPassword(password: string): string | undefined {
  if (password === '') return 'Enter a new password.'
  if (password.length < MIN) return TOO_SHORT
  if (password.length > MAX) return TOO_LONG
  return undefined
}
