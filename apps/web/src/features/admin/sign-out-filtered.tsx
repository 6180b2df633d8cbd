import { useRef, useState } from 'react'
import { useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { Field } from '../../ui/field.js'
import { ConfirmWithProof } from '../proof/confirm-with-proof.js'
import { ReasonField } from './reason-field.js'
import { type FilterFields, filterIn } from './session-filter.js'
import { useChange } from './use-change.js'

interface SignOutFilteredProps {
  fields: FilterFields
  /** How many sessions the filter finds. */
  count: number
  /** The reason at first. */
  reason: string
  /** Called with the id of the operation. */
  onStarted: (operation: string) => void
}

/** Signs out what a filter finds, once the number of these sessions was typed. */
export function SignOutFiltered({ fields, count, reason: given, onStarted }: SignOutFilteredProps) {
  const { t } = useI18n()
  const api = useApi()
  const change = useChange()
  const [reason, setReason] = useState(given)
  const [typed, setTyped] = useState('')
  const field = useRef<HTMLInputElement>(null)
  const isRight = typed.trim() === String(count)
  /** Whether the button was pressed with another number. */
  const [isRefused, setIsRefused] = useState(false)
  const refuse = () => {
    setIsRefused(true)
    field.current?.focus()
  }

  const signOut = () =>
    change(async () => {
      const { id } = await api.admin.sessions.revoke.mutate({ filter: filterIn(fields), count, reason })
      onStarted(id)
      return null // the words stand in place of what was found
    })

  return (
    <div className="mt-3 mb-4 grid gap-4 rounded-lg border border-line p-3 sm:p-4">
      <ReasonField name="filter-reason" reason={reason} onChange={setReason} />
      <Field
        ref={field}
        name="count"
        label={t('admin.sessions.count')}
        inputMode="numeric"
        autoComplete="off"
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
        error={isRefused && !isRight && t('admin.sessions.countWrong')}
      />
      <div className="flex flex-wrap gap-3">
        {isRight ? (
          <ConfirmWithProof
            label={t('admin.sessions.signOut')}
            question={t('admin.sessions.ask', { count })}
            consequence={t('admin.sessions.askMeans')}
            confirmLabel={t('signOut.yes')}
            busyLabel={t('signOut.busy')}
            onConfirm={signOut}
            pending={{ name: 'sign-out-filtered', input: { fields, reason } }}
          />
        ) : (
          <Button onClick={refuse}>{t('admin.sessions.signOut')}</Button>
        )}
      </div>
    </div>
  )
}
