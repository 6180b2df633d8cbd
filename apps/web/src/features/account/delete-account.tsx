import { useState } from 'react'
import { useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import type { Outcome } from '../../ui/confirm-button.js'
import { ConfirmWithProof } from '../proof/confirm-with-proof.js'
import { toOutcome } from '../proof/to-outcome.js'
import { useResumption } from '../proof/use-resumption.js'
import { useSession } from '../session/session.js'

export function DeleteAccount() {
  const { t } = useI18n()
  const api = useApi()
  const session = useSession()

  const [isAgain, setIsAgain] = useState(false)
  useResumption({
    'delete-account': async () => {
      setIsAgain(true)
      return { kind: 'done' }
    },
  })

  const onConfirm = async (): Promise<Outcome> => {
    try {
      await api.account.delete.mutate()
    } catch (error) {
      session.handleError(error)
      return toOutcome(error, t('accountPage.deleteFailed'))
    }
    await session.end({ notice: 'deleted' })
    return { kind: 'done' }
  }

  return (
    <div className="mt-4 flex flex-wrap gap-4">
      <ConfirmWithProof
        key={String(isAgain)}
        askedAgain={isAgain ? t('accountPage.deleteAgain') : undefined}
        pending={{ name: 'delete-account', input: {} }}
        label={t('accountPage.deleteSubmit')}
        question={t('accountPage.deleteAsk')}
        consequence={t('accountPage.deleteConsequence')}
        confirmLabel={t('accountPage.deleteYes')}
        busyLabel={t('accountPage.deleteBusy')}
        onConfirm={onConfirm}
      />
    </div>
  )
}
