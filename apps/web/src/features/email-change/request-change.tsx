import { useRef, useState } from 'react'
import { toProblem } from '../../api/problem.js'
import { useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { describeProblem } from '../../i18n/problem.js'
import { Button } from '../../ui/button.js'
import { Field } from '../../ui/field.js'
import { text, useForm } from '../../ui/form.js'
import { emailError, fieldErrors } from '../account/auth-errors.js'
import { PasswordProof } from '../account/password-proof.js'
import { useSession } from '../account/session.js'

interface RequestChangeProps {
  /** The address that the account has. */
  email: string
  onStart: () => void
  onRequested: () => Promise<void>
}

/** Asks for the new address, and for a proof if the latest one is old. Then links go to both addresses. */
export function RequestChange({ email, onStart, onRequested }: RequestChangeProps) {
  const i18n = useI18n()
  const { t } = i18n
  const api = useApi()
  const session = useSession()
  const [isProving, setIsProving] = useState(false)
  /** The new address: the proof takes the place of its field. */
  const typed = useRef('')

  const request = async () => {
    await api.emailChange.request.mutate({ email: typed.current })
    await onRequested()
  }

  const { form, errors, summary, busy } = useForm({
    check: (data) => {
      onStart()
      typed.current = text(data, 'newEmail').trim()
      const isSame = typed.current.toLowerCase() === email.toLowerCase()
      return fieldErrors({ newEmail: emailError(i18n, typed.current) ?? (isSame ? t('emailChange.same') : undefined) })
    },
    submit: request,
    explain: (error) => {
      const problem = toProblem(error)
      if (problem.kind === 'password-needed') {
        setIsProving(true)
        return {}
      }
      session.failed(error)
      return problem.kind === 'invalid'
        ? { fields: { newEmail: t('fields.badEmail') } }
        : { summary: describeProblem(i18n, problem) }
    },
  })

  if (isProving) {
    return (
      <div className="mt-4 rounded-lg border border-line p-3 motion-safe:animate-arrive sm:p-4">
        <PasswordProof
          question={t('emailChange.ask')}
          confirmLabel={t('emailChange.submit')}
          busyLabel={t('emailChange.busy')}
          look="primary"
          onProven={request}
          onCancel={() => setIsProving(false)}
        />
      </div>
    )
  }
  return (
    <form {...form} className="mt-4 grid gap-4">
      {summary}
      <Field
        name="newEmail"
        label={t('emailChange.field')}
        hint={t('emailChange.hint')}
        type="email"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        defaultValue={typed.current}
        error={errors['newEmail']}
      />
      <div>
        <Button type="submit" busy={busy}>
          {busy ? t('emailChange.busy') : t('emailChange.submit')}
        </Button>
      </div>
    </form>
  )
}
