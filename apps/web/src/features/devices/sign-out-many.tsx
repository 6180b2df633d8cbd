import { useId } from 'react'
import { useI18n } from '../../i18n/i18n-provider.js'
import type { Outcome } from '../../ui/confirm-button.js'
import { ConfirmWithPassword } from '../account/confirm-with-password.js'

interface SignOutManyProps {
  others: number
  onSignOutOthers: () => Promise<Outcome>
  onSignOutEverywhere: () => Promise<Outcome>
}

export function SignOutMany({ others, onSignOutOthers, onSignOutEverywhere }: SignOutManyProps) {
  const { t } = useI18n()
  const headingId = useId()
  return (
    <section aria-labelledby={headingId} className="mt-10">
      <h2 id={headingId} className="text-lg font-semibold">
        {t('signOut.many')}
      </h2>
      <ul className="mt-3 divide-y divide-line rounded-2xl border border-line bg-surface shadow-card">
        {others > 0 && (
          <Row
            explanation={t('signOut.othersWho')}
            label={t('signOut.others', { count: others })}
            question={t('signOut.othersAsk', { count: others })}
            consequence={t('signOut.othersMeans')}
            onConfirm={onSignOutOthers}
          />
        )}
        <Row
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
  explanation: string
  label: string
  question: string
  consequence: string
  onConfirm: () => Promise<Outcome>
}

function Row({ explanation, label, question, consequence, onConfirm }: RowProps) {
  const { t } = useI18n()
  const explanationId = useId()
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-3 p-4 sm:px-5">
      <p id={explanationId} className="flex-[1_1_15rem] text-[0.9375rem] text-muted">
        {explanation}
      </p>
      <ConfirmWithPassword
        label={label}
        question={question}
        consequence={consequence}
        confirmLabel={t('signOut.yes')}
        busyLabel={t('signOut.busy')}
        describedBy={explanationId}
        onConfirm={onConfirm}
      />
    </li>
  )
}
