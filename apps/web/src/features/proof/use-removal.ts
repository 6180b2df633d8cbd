import { callAuth } from '../../api/auth.js'
import { expectedSessionHeaders } from '../../api/expected-session.js'
import { needsProof } from '../../api/problem.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import type { I18n } from '../../i18n/i18n.js'
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
  explain: (i18n: I18n, error: unknown) => string | Promise<string>,
  onDone: (name: string) => Promise<void>,
) {
  const i18n = useI18n()
  const session = useSession()
  return async ({ id, name }: { id: string; name: string }): Promise<Outcome> => {
    try {
      await callAuth(path, { id }, expectedSessionHeaders())
    } catch (error) {
      if (needsProof(error)) return { kind: 'proof-needed' }
      session.failed(error)
      return { kind: 'failed', message: await explain(i18n, error) }
    }
    await onDone(name)
    return { kind: 'done' }
  }
}
