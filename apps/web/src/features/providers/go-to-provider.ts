import { callAuth } from '../../api/auth.js'
import { expectedSessionHeaders } from '../../api/expected-session.js'
import { keepPendingAction, type PendingAction } from '../session/pending-action.js'
import type { AccountPath } from '../session/session.js'

interface Question {
  provider: string
  /** The page that the person comes back to. Default: the devices. */
  returnTo?: AccountPath | undefined
  revokeOtherSessions?: boolean
  /** For a sign-in. Default: true. */
  rememberMe?: boolean
  /** These, for a new account. */
  language?: string
  timeZone?: string
}

/**
 * Leaves this page for that of the provider, which leads back to `/provider/…`. The action `pending` goes on after a proof.
 *
 * @throws {AuthFailure} if there is no way to it; then this page stays.
 */
export async function goToProvider(
  purpose: 'sign-in' | 'link' | 'prove',
  question: Question,
  pending: PendingAction | null = null,
): Promise<void> {
  const answer = await callAuth(`/provider/${purpose}`, { ...question }, expectedSessionHeaders())
  keepPendingAction(pending, question.returnTo ?? '/')
  window.location.assign((answer as { url: string }).url) // of our own endpoint
}
