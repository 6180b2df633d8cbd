import { useState } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import { CheckBox } from '../../ui/check-box.js'
import type { ConfirmButtonProps } from '../../ui/confirm-button.js'
import type { PendingActions } from '../session/pending-action.js'
import { ConfirmWithProof } from './confirm-with-proof.js'
import type { useRemoval } from './use-removal.js'

interface RemoveWayInProps extends Omit<ConfirmButtonProps, 'cancelLabel' | 'choice' | 'renderProof' | 'onConfirm'> {
  action: 'remove-passkey' | 'unlink-provider' | 'remove-password'
  wayIn: Omit<PendingActions[RemoveWayInProps['action']], 'revokeOtherSessions'>
  onRemove: ReturnType<typeof useRemoval>
}

/** A button that removes a way in. Its question asks whether the other devices are signed out, which is the default. */
export function RemoveWayIn({ action, wayIn, onRemove, ...props }: RemoveWayInProps) {
  const { t } = useI18n()
  const [revokeOtherSessions, setRevokesOthers] = useState(true)
  const removal = { ...wayIn, revokeOtherSessions }
  return (
    <ConfirmWithProof
      {...props}
      choice={<CheckBox label={t('waysIn.revokeOthers')} checked={revokeOtherSessions} onChange={setRevokesOthers} />}
      onConfirm={() => onRemove(removal)}
      pending={{ name: action, input: removal }}
    />
  )
}
