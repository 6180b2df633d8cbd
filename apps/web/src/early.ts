import { wasSignedIn } from './features/session/signed-in-mark.js'

// A browser that was signed in most probably shows an account. If this fails, the page tries again and says why.
if (wasSignedIn()) import('./account-pages.js').catch(() => undefined)
