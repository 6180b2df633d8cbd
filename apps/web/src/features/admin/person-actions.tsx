import { type Person, useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { isolate } from '../../i18n/isolate.js'
import { ConfirmWithPassword } from '../proof/confirm-with-password.js'
import { useChange } from './use-change.js'

interface PersonActionsProps {
  person: Person
  reason: string
}

/** The changes that concern all of a person. Each asks twice, and for the password where that was long ago. The server refuses some for administrators. */
export function PersonActions({ person, reason }: PersonActionsProps) {
  const { id } = person
  const { t } = useI18n()
  const { people } = useApi().admin
  const change = useChange()
  const name = isolate(person.name)
  const busyLabel = t('admin.person.busy')

  const signOut = () =>
    change(async () => t('admin.person.allDone', { count: (await people.signOut.mutate({ id, reason })).revoked }))
  const requirePasswordReset = () =>
    change(async () => {
      const { hadPassword } = await people.requirePasswordReset.mutate({ id, reason })
      return hadPassword ? t('admin.person.resetDone') : t('admin.person.resetNone')
    })
  return (
    <div className="mt-4 flex flex-wrap gap-3">
      <ConfirmWithPassword
        label={t('admin.person.all')}
        question={t('admin.person.allAsk', { name })}
        consequence={t('admin.person.allMeans')}
        confirmLabel={t('signOut.yes')}
        busyLabel={busyLabel}
        onConfirm={signOut}
      />
      {!person.isAdmin && (
        <ConfirmWithPassword
          label={t('admin.person.reset')}
          question={t('admin.person.resetAsk', { name })}
          consequence={t('admin.person.resetMeans')}
          confirmLabel={t('admin.person.resetYes')}
          busyLabel={busyLabel}
          onConfirm={requirePasswordReset}
        />
      )}
      {(!person.isAdmin || person.isBanned) && <Ban person={person} reason={reason} />}
    </div>
  )
}

function Ban({ person: { id, name: given, isBanned }, reason }: PersonActionsProps) {
  const { t } = useI18n()
  const { people } = useApi().admin
  const change = useChange()
  const name = isolate(given)
  const action = isBanned ? 'unban' : 'ban'
  const onConfirm = () =>
    change(async () => {
      await (isBanned ? people.unban.mutate({ id }) : people.ban.mutate({ id, reason }))
      return t(`admin.person.${action}Done`)
    })
  return (
    <ConfirmWithPassword
      key={action}
      label={t(`admin.person.${action}`)}
      question={t(`admin.person.${action}Ask`, { name })}
      consequence={t(`admin.person.${action}Means`)}
      confirmLabel={t(`admin.person.${action}Yes`)}
      busyLabel={t('admin.person.busy')}
      onConfirm={onConfirm}
    />
  )
}
