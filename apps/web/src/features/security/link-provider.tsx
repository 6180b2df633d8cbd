import { type ReactNode, useState } from 'react'
import type { NamedProvider } from '../../api/providers.js'
import { needsProof } from '../../api/problem.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Message } from '../../ui/message.js'
import { RevokeOthers } from '../proof/revoke-others.js'
import { ProofForm } from '../proof/proof-form.js'
import { useResumption } from '../proof/use-resumption.js'
import type { PendingActions } from '../session/pending-action.js'
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
  /** The provider that waits for a proof, and how often in a row one was asked for. */
  const [waiting, setWaiting] = useState<{ provider: NamedProvider; attempt: number } | null>(null)
  const [revokeOtherSessions, setRevokeOtherSessions] = useState(false)
  const [failure, setFailure] = useState<ReactNode>(null)
  const fail = (message: ReactNode, error?: unknown) => {
    if (error !== undefined) session.handleError(error)
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
    const { provider, attempt } = waiting
    const goOn = (choice: Parameters<typeof link>[0]) =>
      link(choice).catch((error: unknown) => {
        if (needsProof(error)) return setWaiting({ provider, attempt: attempt + 1 })
        setWaiting(null)
        fail(explainProvider(error), error)
      })
    const input = { provider: provider.id, revokeOtherSessions }
    return <Proof {...waiting} choice={choice} input={input} onProved={goOn} onCancel={() => setWaiting(null)} />
  }
  return (
    <div className="mt-4 grid justify-items-start gap-3 border-t border-line pt-2">
      {choice}
      {providers.map((provider) => (
        <ProviderButton
          key={provider.id}
          label={t('providers.link', { name: provider.name })}
          go={() => link({ provider: provider.id, revokeOtherSessions })}
          onFailure={(message, error) =>
            needsProof(error) ? setWaiting({ provider, attempt: 1 }) : fail(message, error)
          }
        />
      ))}
      {failure !== null && <Message look="bad">{failure}</Message>}
    </div>
  )
}

interface ProofProps {
  provider: NamedProvider
  attempt: number
  choice: ReactNode
  input: PendingActions['link-provider']
  onProved: (input: PendingActions['link-provider']) => Promise<void>
  onCancel: () => void
}

function Proof({ provider, attempt, choice, input, onProved, onCancel }: ProofProps) {
  const { t } = useI18n()
  return (
    <div className="mt-4 rounded-lg border border-line p-3 motion-safe:animate-arrive sm:p-4">
      <ProofForm
        question={t('providers.linkAsk', { name: provider.name })}
        choice={choice}
        confirmLabel={t('providers.linkGoOn')}
        busyLabel={t('providers.linking')}
        look="primary"
        attempt={attempt}
        onProved={() => onProved(input)}
        onCancel={onCancel}
        pending={{ name: 'link-provider', input }}
      />
    </div>
  )
}
