/** Remembers over a reload that this browser was signed in. Holds no secret. */
const KEY = 'rollcall.signedIn'

export const wasSignedIn = (): boolean => localStorage.getItem(KEY) !== null
export const rememberSignedIn = (): void => localStorage.setItem(KEY, '1')
export const forgetSignedIn = (): void => localStorage.removeItem(KEY)
