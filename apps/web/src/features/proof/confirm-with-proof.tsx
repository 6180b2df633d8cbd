import { lazy, Suspense } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { ConfirmButton, type ConfirmButtonProps } from '../../ui/confirm-button.js'
import { Message } from '../../ui/message.js'
import type { PendingAction } from '../session/pending-action.js'
import { useActionDone } from './use-resumption.js'

/** A first visit needs no proof, and so not its code either. */
const ProofForm = lazy(() =>
  import('./proof-form.js').then(
    (form) => ({ default: form.ProofForm }),
    () => ({ default: NotLoaded }),
  ),
)

/** A new release may have removed the code. */
function NotLoaded() {
  const { t } = useI18n()
  return <Message look="bad">{t('problem.refused')}</Message>
}

interface ConfirmWithProofProps extends Omit<ConfirmButtonProps, 'cancelLabel' | 'renderProof'> {
  /** How to go on after a proof at a provider. */
  pending?: PendingAction
}

/** A `ConfirmButton` that asks for a proof where the API wants a recent one. */
export function ConfirmWithProof({ pending, onConfirm, ...props }: ConfirmWithProofProps) {
  const { t } = useI18n()
  const done = useActionDone()
  return (
    <ConfirmButton
      {...props}
      onConfirm={async () => {
        const outcome = await onConfirm()
        if (outcome.kind === 'done') done()
        return outcome
      }}
      cancelLabel={t('common.cancel')}
      renderProof={(request) => (
        <Suspense>
          <ProofForm {...request} pending={pending} />
        </Suspense>
      )}
    />
  )
}
