import type { ReactNode } from 'react'
import { callAuth } from '../../api/auth.js'
import { expectedSessionHeaders } from '../../api/expected-session.js'
import { needsProof } from '../../api/problem.js'
import type { Outcome } from '../../ui/confirm-button.js'
import { useSession } from '../session/session.js'

/**
 * Removes a way in besides the password.
 *
 * @param explain says why it was refused
 * @param onDone is called with the name of what was removed
 */
export function useRemoval(
  path: '/passkey/remove' | '/provider/unlink',
  explain: (error: unknown) => ReactNode | Promise<ReactNode>,
  onDone: (name: string) => Promise<void>,
) {
  const session = useSession()
  return async ({ id, name }: { id: string; name: string }): Promise<Outcome> => {
    try {
      await callAuth(path, { id }, expectedSessionHeaders())
    } catch (error) {
      if (needsProof(error)) return { kind: 'proof-needed' }
      session.failed(error)
      return { kind: 'failed', message: await explain(error) }
    }
    await onDone(name)
    return { kind: 'done' }
  }
}
