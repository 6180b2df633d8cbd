import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { AuthFailure } from '../../api/auth.js'
import { needsProof } from '../../api/problem.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { words } from '../../i18n/words.js'
import { text, useForm } from '../../ui/form.js'
import { explainFailure, fieldErrors } from '../forms/auth-errors.js'
import { PasswordField } from '../forms/password-field.js'
import { Answers } from '../forms/answers.js'
import { RevokeOthers } from '../proof/revoke-others.js'
import { ProofForm } from '../proof/proof-form.js'
import type { PendingActions } from '../session/pending-action.js'
import { useSession } from '../session/session.js'
import { useAccount } from '../session/use-account.js'
import type { Choice } from '../second-factor/api.js'

const PASSWORD = 'factor-password'

interface FactorChangeProps {
  change: PendingActions['change-factor']['change']
  question: string
  consequence: string
  confirmLabel: string
  busyLabel: string
  look: 'primary' | 'danger'
  /** Whether the account has one, which the API then wants in the same request. */
  hasPassword: boolean
  /** Asks whether other devices are signed out, which is the default. */
  offersRevoke: boolean
  onConfirm: (choice: Choice) => Promise<void>
  onCancel: () => void
}

/** Asks in place before a change of the second factor, for the password too: however recent the last proof is. */
export function FactorChange(props: FactorChangeProps) {
  const { question, hasPassword, offersRevoke, onCancel } = props
  const session = useSession()
  const element = useRef<HTMLFormElement>(null)
  const titleId = useId()
  const [revokesOthers, setRevokesOthers] = useState(true)
  /** How often in a row a proof was asked for. */
  const [attempt, setAttempt] = useState(0)
  useEffect(() => element.current?.querySelector<HTMLElement>(`[name=${PASSWORD}], [type=submit]`)?.focus(), [])

  const choice = offersRevoke ? { revokeOtherSessions: revokesOthers } : {}

  const { form, errors, summary, busy, resubmit } = useForm({
    check: (data) =>
      fieldErrors({
        [PASSWORD]: hasPassword && text(data, PASSWORD) === '' ? words((t) => t('fields.enterPassword')) : undefined,
      }),
    submit: (data) => props.onConfirm({ ...(hasPassword && { password: text(data, PASSWORD) }), ...choice }),
    explain: (error) => {
      setAttempt((before) => (needsProof(error) ? before + 1 : 0))
      if (needsProof(error)) return {}
      session.handleError(error)
      return error instanceof AuthFailure && error.code === 'INVALID_PASSWORD'
        ? { fields: { [PASSWORD]: words((t) => t('fields.notYourPassword')) } }
        : explainFailure(error)
    },
  })

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !busy) onCancel()
  }

  const offered = offersRevoke && <RevokeOthers checked={revokesOthers} onChange={setRevokesOthers} />
  const pending = { name: 'change-factor', input: { change: props.change, ...choice } } as const
  const isProving = attempt > 0
  // The form stays, to say why the change failed after the proof.
  return (
    <>
      {isProving && <ProofForm {...props} choice={offered} attempt={attempt} onProved={resubmit} pending={pending} />}
      <form {...form} ref={element} hidden={isProving} aria-labelledby={titleId} className="grid max-w-md gap-3">
        <Question id={titleId} question={question} consequence={props.consequence} />
        {summary}
        {hasPassword && <Password error={errors[PASSWORD]} onKeyDown={onKeyDown} />}
        {!isProving && offered}
        <Answers {...props} busy={busy} onKeyDown={onKeyDown} />
      </form>
    </>
  )
}

function Question({ id, question, consequence }: { id: string; question: string; consequence: string }) {
  return (
    <div className="text-sm text-pretty">
      <p id={id} className="font-semibold">
        {question}
      </p>
      <p className="mt-0.5 text-muted">{consequence}</p>
    </div>
  )
}

interface PasswordProps {
  error: ReactNode
  onKeyDown: (event: KeyboardEvent) => void
}

function Password({ error, onKeyDown }: PasswordProps) {
  const { t } = useI18n()
  const { data } = useAccount()
  return (
    <>
      {/* Names the account of this password to password managers. */}
      <input type="text" name="username" autoComplete="username" value={data?.user.email ?? ''} readOnly hidden />
      <PasswordField
        name={PASSWORD}
        onKeyDown={onKeyDown}
        label={t('fields.yourPassword')}
        autoComplete="current-password"
        error={error}
      />
    </>
  )
}
