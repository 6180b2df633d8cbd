import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { Message } from '../../ui/message.js'
import { useGuarded } from '../../ui/use-guarded.js'
import { proofMethods } from './proof-methods.js'
import { useSession } from '../session/session.js'
import { arePasskeysUsable } from '../passkeys/are-usable.js'
import { choosePasskey, verifyPasskey } from '../passkeys/ceremonies.js'
import { explainCeremony } from '../passkeys/explain.js'

/** A second way to prove who the person is, for an account with a passkey. */
export default function PasskeyProof({ onProved }: { onProved: () => Promise<void> }) {
  const { t } = useI18n()
  const session = useSession()
  const [failure, setFailure] = useState<ReactNode>(null)
  const { data: methods = [] } = useQuery({ ...proofMethods, retry: false })
  const { run, busy } = useGuarded(async () => {
    setFailure(null)
    try {
      await verifyPasskey(await choosePasskey())
    } catch (error) {
      session.handleError(error)
      return setFailure(await explainCeremony(error))
    }
    await onProved()
  })

  if (!methods.includes('passkey') || !arePasskeysUsable()) return null
  return (
    <div className="grid justify-items-start gap-3">
      <Button busy={busy} onClick={() => void run()}>
        {t('passkeys.prove')}
      </Button>
      {failure !== null && <Message look="bad">{failure}</Message>}
    </div>
  )
}
