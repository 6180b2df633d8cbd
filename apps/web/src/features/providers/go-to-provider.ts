import { callAuth } from '../../api/auth.js'
import { expectedSessionHeaders } from '../../api/expected-session.js'
import type { AccountPath } from '../account/session.js'

interface Question {
  provider: string
  /** The page that the person comes back to. Default: the devices. */
  returnTo?: AccountPath | undefined
  revokeOtherSessions?: boolean
  /** For a sign-in. Default: true. */
  rememberMe?: boolean
}

/**
 * Leaves this page for that of the provider, which leads back to `/provider/…`.
 *
 * @throws {AuthFailure} if there is no way to it; then this page stays.
 */
export async function goToProvider(purpose: 'sign-in' | 'link' | 'prove', question: Question): Promise<void> {
  const answer = await callAuth(`/provider/${purpose}`, { ...question }, expectedSessionHeaders())
  window.location.assign((answer as { url: string }).url) // of our own endpoint
}
