import { useId } from 'react'
import { ConfirmButton, type Outcome } from '../ui/confirm-button.js'
import { useWords } from '../words/use-words.js'

interface SignOutManyProps {
  others: number
  onSignOutOthers: () => Promise<Outcome>
  onSignOutEverywhere: () => Promise<Outcome>
}

export function SignOutMany({ others, onSignOutOthers, onSignOutEverywhere }: SignOutManyProps) {
  const { t } = useWords()
  const headingId = useId()
  return (
    <section aria-labelledby={headingId} className="mt-10">
      <h2 id={headingId} className="text-lg font-semibold">
        {t('signOut.many')}
      </h2>
      <ul className="mt-3 divide-y divide-line rounded-2xl border border-line bg-surface shadow-card">
        {others > 0 && (
          <Row
            words={t('signOut.othersWho')}
            label={t('signOut.others', { count: others })}
            question={t('signOut.othersAsk', { count: others })}
            consequence={t('signOut.othersMeans')}
            onConfirm={onSignOutOthers}
          />
        )}
        <Row
          words={t('signOut.everywhereWho')}
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
  words: string
  label: string
  question: string
  consequence: string
  onConfirm: () => Promise<Outcome>
}

function Row({ words, label, question, consequence, onConfirm }: RowProps) {
  const { t } = useWords()
  const wordsId = useId()
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-3 p-4 sm:px-5">
      <p id={wordsId} className="flex-[1_1_15rem] text-[0.9375rem] text-muted">
        {words}
      </p>
      <ConfirmButton
        label={label}
        question={question}
        consequence={consequence}
        confirmLabel={t('signOut.manyYes')}
        busyLabel={t('signOut.manyBusy')}
        describedBy={wordsId}
        onConfirm={onConfirm}
      />
    </li>
  )
}
