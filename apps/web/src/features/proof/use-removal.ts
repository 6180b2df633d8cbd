import type { ReactNode } from 'react'
import { callAuth } from '../../api/auth.js'
import { expectedSessionHeaders } from '../../api/expected-session.js'
import { needsProof } from '../../api/problem.js'
import type { Outcome } from '../../ui/confirm-button.js'
import type { PendingActions } from '../session/pending-action.js'
import { useSession } from '../session/session.js'

type Removal = PendingActions['remove-passkey']

/**
 * Removes a way in.
 *
 * @param explain says why it was refused
 */
export function useRemoval(
  path: '/passkey/remove' | '/provider/unlink' | '/password/remove',
  explain: (error: unknown) => ReactNode | Promise<ReactNode>,
  onDone: (removed: Removal) => Promise<void>,
) {
  const session = useSession()
  return async (removal: Removal): Promise<Outcome> => {
    const { id, revokeOtherSessions } = removal
    try {
      await callAuth(path, { id, revokeOtherSessions }, expectedSessionHeaders())
    } catch (error) {
      if (needsProof(error)) return { kind: 'proof-needed' }
      session.handleError(error)
      return { kind: 'failed', message: await explain(error) }
    }
    await onDone(removal)
    return { kind: 'done' }
  }
}
