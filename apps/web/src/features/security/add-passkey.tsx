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
  /** How often in a row a proof was asked for. */
  const [attempt, setAttempt] = useState(0)
  const [revokesOthers, setRevokesOthers] = useState(false)
  const [failure, setFailure] = useState<ReactNode>(null)

  const add = async (revokeOtherSessions: boolean) => {
    onStart()
    setFailure(null)
    try {
      const id = await registerPasskey(revokeOtherSessions)
      setAttempt(0)
      await onAdded(id)
    } catch (error) {
      if (needsProof(error)) return setAttempt((before) => before + 1)
      session.handleError(error)
      setAttempt(0)
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
  if (attempt > 0) {
    return (
      <div className="mt-4 rounded-lg border border-line p-3 motion-safe:animate-arrive sm:p-4">
        <ProofForm
          question={t('passkeys.addAsk')}
          choice={choice}
          confirmLabel={t('passkeys.addGoOn')}
          busyLabel={t('passkeys.adding')}
          look="primary"
          attempt={attempt}
          onProved={() => add(revokesOthers)}
          onCancel={() => setAttempt(0)}
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
