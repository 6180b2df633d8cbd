import { useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { waysInKey } from '../../api/ways-in-key.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { words } from '../../i18n/words.js'
import { explainCeremony } from '../passkeys/explain.js'
import { RemoveWayIn } from '../proof/remove-way-in.js'
import { useRemoval } from '../proof/use-removal.js'
import { useResumption } from '../proof/use-resumption.js'
import { withOthers } from '../proof/with-others.js'

/** Removes the password as a way in. */
export function RemovePassword({ onRemoved }: { onRemoved: (said: ReactNode) => void }) {
  const { t } = useI18n()
  const queryClient = useQueryClient()
  const remove = useRemoval('/password/remove', explainCeremony, async ({ revokeOtherSessions }) => {
    onRemoved(words((t) => withOthers(t, t('security.removed'), revokeOtherSessions)))
    await queryClient.invalidateQueries({ queryKey: waysInKey })
  })
  useResumption({ 'remove-password': remove })
  return (
    <div className="mt-5 flex flex-wrap items-center gap-x-4 gap-y-3 border-t border-line pt-4">
      <RemoveWayIn
        label={t('security.remove')}
        question={t('security.removeAsk')}
        consequence={t('security.removeMeans')}
        confirmLabel={t('security.removeYes')}
        busyLabel={t('security.removing')}
        action="remove-password"
        wayIn={{ name: t('fields.password') }}
        onRemove={remove}
      />
    </div>
  )
}
