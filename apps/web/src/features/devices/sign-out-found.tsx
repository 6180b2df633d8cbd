import { useI18n } from '../../i18n/i18n-provider.js'
import type { Outcome } from '../../ui/confirm-button.js'
import { ConfirmWithProof } from '../proof/confirm-with-proof.js'
import type { fitOneStep } from './group.js'

interface SignOutFoundProps {
  found: ReturnType<typeof fitOneStep>
  onSignOut: (ids: readonly string[]) => Promise<Outcome>
}

/** Ends what a search or a filter shows, except for this device. */
export function SignOutFound({ found: { groups, ids }, onSignOut }: SignOutFoundProps) {
  const { t } = useI18n()
  const count = groups.length
  if (count === 0) return null
  return (
    <ConfirmWithProof
      key={ids.join()} // a question about some devices must not become one about others
      label={t('signOut.severalFound', { count })}
      question={t('signOut.severalAsk', { count })}
      consequence={t('signOut.severalMeans')}
      confirmLabel={t('signOut.yes')}
      busyLabel={t('signOut.busy')}
      onConfirm={() => onSignOut(ids)}
      pending={{ name: 'sign-out-several', input: { ids } }}
    />
  )
}
