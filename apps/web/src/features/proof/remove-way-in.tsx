import { useState } from 'react'
import { useWayInCount } from '../../api/ways-in.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import type { ConfirmButtonProps } from '../../ui/confirm-button.js'
import type { PendingActions } from '../session/pending-action.js'
import { ConfirmWithProof } from './confirm-with-proof.js'
import { RevokeOthers } from './revoke-others.js'
import type { useRemoval } from './use-removal.js'

interface RemoveWayInProps extends Omit<ConfirmButtonProps, 'cancelLabel' | 'choice' | 'renderProof' | 'onConfirm'> {
  action: 'remove-passkey' | 'unlink-provider' | 'remove-password'
  wayIn: Omit<PendingActions[RemoveWayInProps['action']], 'revokeOtherSessions'>
  onRemove: ReturnType<typeof useRemoval>
  /** Whether the account can be signed in to by it. Default: true. */
  signsIn?: boolean
}

/**
 * A button that removes a way in, or a word in its place if that is the only one. Its question asks whether the other devices are
 * signed out, which is the default.
 */
export function RemoveWayIn({ action, wayIn, onRemove, signsIn = true, ...props }: RemoveWayInProps) {
  const { t } = useI18n()
  const [revokeOtherSessions, setRevokesOthers] = useState(true)
  const removal = { ...wayIn, revokeOtherSessions }
  const count = useWayInCount()
  // Without an answer, the API refuses what must not be.
  if (signsIn && count !== undefined && count <= 1)
    return (
      <p className="flex min-h-11 flex-[1_1_12rem] items-center text-sm text-pretty text-muted">{t('waysIn.only')}</p>
    )
  return (
    <ConfirmWithProof
      {...props}
      choice={<RevokeOthers checked={revokeOtherSessions} onChange={setRevokesOthers} />}
      onConfirm={() => onRemove(removal)}
      pending={{ name: action, input: removal }}
    />
  )
}
