import { useId } from 'react'
import { ConfirmButton, type Outcome } from '../ui/confirm-button.js'

interface SignOutManyProps {
  others: number
  onSignOutOthers: () => Promise<Outcome>
  onSignOutEverywhere: () => Promise<Outcome>
}

export function SignOutMany({ others, onSignOutOthers, onSignOutEverywhere }: SignOutManyProps) {
  const headingId = useId()
  return (
    <section aria-labelledby={headingId} className="mt-10">
      <h2 id={headingId} className="text-lg font-semibold">
        Sign out more than one
      </h2>
      <ul className="mt-3 divide-y divide-line rounded-2xl border border-line bg-surface shadow-card">
        {others > 0 && (
          <Row
            words="Every device except this one has to sign in again."
            label={`Log out all other devices (${others})`}
            question={others === 1 ? 'Log out the other device?' : `Log out all ${others} other devices?`}
            consequence="This device stays signed in. This cannot be undone."
            onConfirm={onSignOutOthers}
          />
        )}
        <Row
          words="Every device has to sign in again, this one too."
          label="Log out everywhere"
          question="Log out everywhere?"
          consequence="This device is signed out as well. This cannot be undone."
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
        confirmLabel="Yes, log out"
        busyLabel="Logging out…"
        describedBy={wordsId}
        onConfirm={onConfirm}
      />
    </li>
  )
}
