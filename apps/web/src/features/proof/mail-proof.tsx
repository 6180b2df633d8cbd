import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, type ReactNode, useState } from 'react'
import { AuthFailure, callAuth } from '../../api/auth.js'
import { expectedSessionHeaders } from '../../api/expected-session.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { Field } from '../../ui/field.js'
import { text, useForm } from '../../ui/form.js'
import { Message } from '../../ui/message.js'
import { useFirstField } from '../../ui/use-first-field.js'
import { useGuarded } from '../../ui/use-guarded.js'
import { explainFailure, fieldErrors } from '../forms/auth-errors.js'
import { useSession } from '../session/session.js'
import { Answers } from '../forms/answers.js'
import { proofMethods } from './proof-methods.js'

interface MailProofProps {
  email: string
  isAsked: boolean
  onAsked: (isAsked: boolean) => void
  onProved: () => Promise<void>
}

const FIELD = 'mailed-code'

/** A code by mail, for an account that can prove in no other way who its person is. */
export default function MailProof(props: MailProofProps): ReactNode {
  const { t } = useI18n()
  const session = useSession()
  const [failure, setFailure] = useState<ReactNode>(null)
  const { data: methods = [] } = useQuery({ ...proofMethods, retry: false })
  const { run, busy } = useGuarded(async () => {
    setFailure(null)
    try {
      await callAuth('/reauthenticate/request-code', {}, expectedSessionHeaders())
    } catch (error) {
      session.handleError(error)
      return setFailure(explainFailure(error).summary)
    }
    props.onAsked(true)
  })

  if (!methods.includes('email-code')) return null
  if (props.isAsked) return <CodeForm {...props} />
  return (
    <div className="grid justify-items-start gap-3">
      <Button busy={busy} onClick={() => void run()}>
        {busy ? t('forgot.busy') : t('mailedCode.send')}
      </Button>
      {failure !== null && <Message look="bad">{failure}</Message>}
    </div>
  )
}

function CodeForm({ email, onAsked, onProved }: MailProofProps) {
  const { t } = useI18n()
  const session = useSession()
  const { form, errors, summary, busy } = useForm({
    check: (data) =>
      fieldErrors({ [FIELD]: digitsIn(data).length === 8 ? undefined : words((t) => t('mailedCode.missing')) }),
    submit: async (data) => {
      await callAuth('/reauthenticate/code', { code: digitsIn(data) }, expectedSessionHeaders())
      await onProved()
    },
    explain: (error) => {
      const code = error instanceof AuthFailure ? error.code : undefined
      if (code === 'INVALID_CODE') return { fields: { [FIELD]: words((t) => t('mailedCode.wrong')) } }
      if (code === 'TOO_MANY_WRONG_CODES') return { summary: words((t) => t('secondFactor.codesUsedUp')) }
      session.handleError(error)
      return explainFailure(error)
    },
  })
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !busy) onAsked(false)
  }

  return (
    <form {...form} ref={useFirstField()} className="grid gap-4">
      {summary}
      <Field
        name={FIELD}
        label={t('mailedCode.label')}
        hint={t('mailedCode.hint', { email })}
        error={errors[FIELD]}
        inputMode="numeric"
        autoComplete="one-time-code"
        onKeyDown={onKeyDown}
      />
      <Answers
        confirmLabel={t('secondFactor.proveYes')}
        busyLabel={t('secondFactor.checking')}
        look="primary"
        busy={busy}
        onCancel={() => onAsked(false)}
        onKeyDown={onKeyDown}
      />
    </form>
  )
}

const digitsIn = (data: FormData): string => text(data, FIELD).replaceAll(/\s/g, '')
