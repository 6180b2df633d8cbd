import { callAuth } from '../../api/auth.js'
import { expectedSessionHeaders } from '../../api/expected-session.js'
import { needsProof } from '../../api/problem.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import type { Outcome } from '../../ui/confirm-button.js'
import { useResumption } from '../proof/use-resumption.js'
import { useSession } from '../session/session.js'
import { explainCeremony } from './explain.js'

/** @param onDone is called with what happened, in words */
export function useRemovePasskey(onDone: (message: string) => Promise<void>) {
  const i18n = useI18n()
  const session = useSession()
  const remove = async ({ id, name }: { id: string; name: string }): Promise<Outcome> => {
    try {
      await callAuth('/passkey/remove', { id }, expectedSessionHeaders())
    } catch (error) {
      if (needsProof(error)) return { kind: 'password-needed' }
      session.failed(error)
      return { kind: 'failed', message: await explainCeremony(i18n, error) }
    }
    await onDone(i18n.t('passkeys.removed', { name }))
    return { kind: 'done' }
  }
  useResumption({ 'remove-passkey': remove })
  return remove
}
