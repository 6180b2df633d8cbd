import { type ReactNode, useState } from 'react'
import type { NamedProvider } from '../../api/providers.js'
import { needsProof } from '../../api/problem.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Message } from '../../ui/message.js'
import { RevokeOthers } from '../proof/revoke-others.js'
import { ProofForm } from '../proof/proof-form.js'
import { useResumption } from '../proof/use-resumption.js'
import { useSession } from '../session/session.js'
import { explainProvider } from '../providers/explain.js'
import { goToProvider } from '../providers/go-to-provider.js'
import { ProviderButton } from '../providers/provider-buttons.js'

const link = (choice: { provider: string; revokeOtherSessions: boolean }) =>
  goToProvider('link', { ...choice, returnTo: '/security' })

/** Asks for a proof if the latest one is old, then leads to the provider. */
export function LinkProvider({ providers }: { providers: readonly NamedProvider[] }) {
  const { t } = useI18n()
  const session = useSession()
  /** The provider that waits for a proof. */
  const [waiting, setWaiting] = useState<NamedProvider | null>(null)
  const [revokeOtherSessions, setRevokeOtherSessions] = useState(false)
  const [failure, setFailure] = useState<ReactNode>(null)
  const fail = (message: ReactNode, error?: unknown) => {
    if (error !== undefined) session.failed(error)
    setFailure(message)
  }
  useResumption({
    'link-provider': async (choice) => {
      try {
        await link(choice)
      } catch (error) {
        if (needsProof(error)) return { kind: 'proof-needed' }
        fail(explainProvider(error), error)
      }
      return { kind: 'done' }
    },
  })

  if (providers.length === 0) return null
  const choice = <RevokeOthers checked={revokeOtherSessions} onChange={setRevokeOtherSessions} />
  if (waiting !== null) {
    return (
      <div className="mt-4 rounded-lg border border-line p-3 motion-safe:animate-arrive sm:p-4">
        <ProofForm
          question={t('providers.linkAsk', { name: waiting.name })}
          choice={choice}
          confirmLabel={t('providers.linkGoOn')}
          busyLabel={t('providers.linking')}
          look="primary"
          onProved={() =>
            link({ provider: waiting.id, revokeOtherSessions }).catch((error: unknown) => {
              setWaiting(null)
              fail(explainProvider(error), error)
            })
          }
          onCancel={() => setWaiting(null)}
          pending={{ name: 'link-provider', input: { provider: waiting.id, revokeOtherSessions } }}
        />
      </div>
    )
  }
  return (
    <div className="mt-4 grid justify-items-start gap-3 border-t border-line pt-2">
      {choice}
      {providers.map((provider) => (
        <ProviderButton
          key={provider.id}
          label={t('providers.link', { name: provider.name })}
          go={() => link({ provider: provider.id, revokeOtherSessions })}
          onFailure={(message, error) => (needsProof(error) ? setWaiting(provider) : fail(message, error))}
        />
      ))}
      {failure !== null && <Message look="bad">{failure}</Message>}
    </div>
  )
}
