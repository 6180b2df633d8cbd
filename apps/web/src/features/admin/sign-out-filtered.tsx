import { useState } from 'react'
import { type SessionFilter, useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Field } from '../../ui/field.js'
import { ConfirmWithPassword } from '../proof/confirm-with-password.js'
import { useChange } from './use-change.js'

/** Signs out what a filter finds, once the number of these sessions was typed. */
export function SignOutFiltered({ filter, count }: { filter: SessionFilter; count: number }) {
  const { t } = useI18n()
  const api = useApi()
  const change = useChange()
  const [reason, setReason] = useState('')
  const [typed, setTyped] = useState('')

  const signOut = async () => {
    if (typed.trim() !== String(count)) return { kind: 'failed', message: t('admin.sessions.countWrong') } as const
    return change(async () => {
      await api.admin.sessions.revoke.mutate({ filter, count, reason })
      return t('admin.sessions.began')
    })
  }

  return (
    <div className="mt-4 grid gap-4 border-t border-line pt-4">
      <Field
        name="filter-reason"
        label={t('admin.reason')}
        hint={t('admin.reasonHint')}
        required={false}
        maxLength={500}
        value={reason}
        onChange={({ target }) => setReason(target.value)}
      />
      <Field
        name="count"
        label={t('admin.sessions.count')}
        inputMode="numeric"
        autoComplete="off"
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
      />
      <div className="flex flex-wrap gap-3">
        <ConfirmWithPassword
          label={t('admin.sessions.signOut')}
          question={t('admin.sessions.ask', { count })}
          consequence={t('admin.sessions.askMeans')}
          confirmLabel={t('signOut.yes')}
          busyLabel={t('signOut.busy')}
          onConfirm={signOut}
        />
      </div>
    </div>
  )
}
