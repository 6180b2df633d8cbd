import { type ReactNode, useState } from 'react'
import { needsProof } from '../../api/problem.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { Message } from '../../ui/message.js'
import { useGuarded } from '../../ui/use-guarded.js'
import { RevokeOthers } from '../proof/revoke-others.js'
import { ProofForm } from '../proof/proof-form.js'
import { useResumption } from '../proof/use-resumption.js'
import { useSession } from '../session/session.js'
import { registerPasskey } from '../passkeys/ceremonies.js'
import { explainCeremony } from '../passkeys/explain.js'

interface AddPasskeyProps {
  onStart: () => void
  /** With the id of the new passkey, where the answer had one. */
  onAdded: (id: string | null) => Promise<void>
}

/** Asks for a proof if the latest one is old, then lets the browser create a passkey. */
export function AddPasskey({ onStart, onAdded }: AddPasskeyProps) {
  const { t } = useI18n()
  const session = useSession()
  const [isProving, setIsProving] = useState(false)
  const [revokesOthers, setRevokesOthers] = useState(false)
  const [failure, setFailure] = useState<ReactNode>(null)

  const add = async (revokeOtherSessions: boolean) => {
    onStart()
    setFailure(null)
    try {
      const id = await registerPasskey(revokeOtherSessions)
      setIsProving(false)
      await onAdded(id)
    } catch (error) {
      if (needsProof(error)) return setIsProving(true)
      session.failed(error)
      setIsProving(false)
      setFailure(await explainCeremony(error))
    }
  }
  const { run, busy } = useGuarded(add)
  useResumption({
    'add-passkey': async ({ revokeOtherSessions }) => {
      setRevokesOthers(revokeOtherSessions)
      await run(revokeOtherSessions)
      return { kind: 'done' } // or this component says why not
    },
  })

  const choice = <RevokeOthers checked={revokesOthers} onChange={setRevokesOthers} />
  if (isProving) {
    return (
      <div className="mt-4 rounded-lg border border-line p-3 motion-safe:animate-arrive sm:p-4">
        <ProofForm
          question={t('passkeys.addAsk')}
          choice={choice}
          confirmLabel={t('passkeys.addGoOn')}
          busyLabel={t('passkeys.adding')}
          look="primary"
          onProved={() => add(revokesOthers)}
          onCancel={() => setIsProving(false)}
          pending={{ name: 'add-passkey', input: { revokeOtherSessions: revokesOthers } }}
        />
      </div>
    )
  }
  return (
    <div className="mt-4 grid justify-items-start gap-3 border-t border-line pt-2">
      {choice}
      <Button busy={busy} onClick={() => void run(revokesOthers)}>
        {busy ? t('passkeys.adding') : t('passkeys.add')}
      </Button>
      {failure !== null && <Message look="bad">{failure}</Message>}
    </div>
  )
}
