import { useId } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import type { Outcome } from '../../ui/confirm-button.js'
import { useRowFocus } from '../../ui/use-row-focus.js'
import { ConfirmWithProof } from '../proof/confirm-with-proof.js'

interface SignOutManyProps {
  /** Whether any session but this one is alive, be it of this device. */
  hasOthers: boolean
  otherDevices: number
  onSignOutOthers: () => Promise<Outcome>
  onSignOutEverywhere: () => Promise<Outcome>
}

export function SignOutMany({ hasOthers, otherDevices, onSignOutOthers, onSignOutEverywhere }: SignOutManyProps) {
  const { t } = useI18n()
  const headingId = useId()
  const list = useRowFocus<HTMLUListElement, { id: string }>({
    rows: [...(hasOthers ? [{ id: 'others' }] : []), { id: 'everywhere' }],
  })
  return (
    <section aria-labelledby={headingId} className="not-first:mt-10 first:mb-10">
      <h2 id={headingId} className="text-lg font-semibold">
        {t(hasOthers ? 'signOut.many' : 'signOut.everywhere')}
      </h2>
      <ul {...list} className="mt-3 divide-y divide-line rounded-2xl border border-line bg-surface shadow-card">
        {hasOthers && (
          <Row
            id="others"
            explanation={t('signOut.othersWho', { count: otherDevices })}
            label={t('signOut.others', { count: otherDevices })}
            question={t('signOut.othersAsk', { count: otherDevices })}
            consequence={t('signOut.othersMeans')}
            onConfirm={onSignOutOthers}
          />
        )}
        <Row
          id="everywhere"
          explanation={t('signOut.everywhereWho')}
          label={t('signOut.everywhere')}
          question={t('signOut.everywhereAsk')}
          consequence={t('signOut.everywhereMeans')}
          onConfirm={onSignOutEverywhere}
        />
      </ul>
    </section>
  )
}

interface RowProps {
  id: 'others' | 'everywhere'
  explanation: string
  label: string
  question: string
  consequence: string
  onConfirm: () => Promise<Outcome>
}

function Row({ id, explanation, label, question, consequence, onConfirm }: RowProps) {
  const { t } = useI18n()
  const explanationId = useId()
  return (
    <li data-row={id} tabIndex={-1} className="flex flex-wrap items-center gap-x-4 gap-y-3 p-4 sm:px-5">
      <p id={explanationId} className="flex-[1_1_15rem] text-[0.9375rem] text-muted">
        {explanation}
      </p>
      <ConfirmWithProof
        label={label}
        question={question}
        consequence={consequence}
        confirmLabel={t('signOut.yes')}
        busyLabel={t('signOut.busy')}
        describedBy={explanationId}
        onConfirm={onConfirm}
        pending={{ name: `sign-out-${id}`, input: {} }}
      />
    </li>
  )
}
