import { type KeyboardEvent, useEffect, useId, useRef } from 'react'
import { auth, AuthFailure } from '../auth.js'
import { useSession } from '../session.js'
import { trpc } from '../trpc.js'
import { explainFailure, fieldErrors } from '../words/auth-errors.js'
import { useWords } from '../words/use-words.js'
import { Button } from './button.js'
import { PasswordField } from './field.js'
import { text, useForm } from './form.js'

interface PasswordProofProps {
  /** The action that needs the password. */
  title: string
  confirmLabel: string
  busyLabel: string
  /** Goes on with what was asked for. */
  onProven: () => Promise<void>
  onCancel: () => void
}

/** Asks for the password, in place, of who has been signed in for a while. */
export function PasswordProof({ title, confirmLabel, busyLabel, onProven, onCancel }: PasswordProofProps) {
  const words = useWords()
  const { t } = words
  const session = useSession()
  const { data } = trpc.session.current.useQuery()
  const element = useRef<HTMLFormElement>(null)
  const titleId = useId()
  useEffect(() => element.current?.querySelector<HTMLInputElement>('#proof')?.focus(), [])

  const { form, errors, summary, busy } = useForm({
    check: (data) => fieldErrors({ proof: text(data, 'proof') === '' ? t('fields.enterPassword') : undefined }),
    submit: async (data) => {
      await auth.reauthenticate({ password: text(data, 'proof') })
      await onProven()
    },
    explain: (error) => {
      if (error instanceof AuthFailure) {
        if (error.status === 401) void session.refused()
        if (error.code === 'INVALID_PASSWORD') return { fields: { proof: t('fields.notYourPassword') } }
      }
      return explainFailure(words, error, 'proof')
    },
  })

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !busy) onCancel()
  }

  return (
    <form {...form} ref={element} aria-labelledby={titleId} className="grid max-w-md gap-3">
      <div className="text-sm">
        <p id={titleId} className="font-semibold">
          {title}
        </p>
        <p className="mt-0.5 text-muted">{t('signOut.proof')}</p>
      </div>
      {summary}
      {/* Tells password managers whose password this is. */}
      <input type="text" name="username" autoComplete="username" value={data?.user.email ?? ''} readOnly hidden />
      <PasswordField
        name="proof"
        label={t('fields.yourPassword')}
        autoComplete="current-password"
        error={errors['proof']}
        onKeyDown={onKeyDown}
      />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" look="danger" busy={busy}>
          {busy ? busyLabel : confirmLabel}
        </Button>
        {!busy && (
          <Button onClick={onCancel} onKeyDown={onKeyDown}>
            {t('common.cancel')}
          </Button>
        )}
      </div>
    </form>
  )
}
