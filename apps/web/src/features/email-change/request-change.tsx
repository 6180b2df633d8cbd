import { useState } from 'react'
import { toProblem } from '../../api/problem.js'
import { useApi } from '../../api/trpc.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { describeProblem } from '../../i18n/problem.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { Field } from '../../ui/field.js'
import { text, useForm } from '../../ui/form.js'
import { emailError, fieldErrors } from '../forms/auth-errors.js'
import { ProofForm } from '../proof/proof-form.js'
import { toOutcome } from '../proof/to-outcome.js'
import { useActionDone, useResumption } from '../proof/use-resumption.js'
import { useSession } from '../session/session.js'
import { addressText } from './address-text.js'

interface RequestChangeProps {
  /** The address that the account has. */
  email: string
  onStart: () => void
  onRequested: () => Promise<void>
}

/** Asks for the new address, and for a proof if the latest one is old. Then links go to both addresses. */
export function RequestChange(props: RequestChangeProps) {
  const { t } = useI18n()
  const { form, errors, summary, busy, typed, resubmit, attempt, stopProving } = useRequest(props)

  // The form stays, so that what was typed is still there after the proof.
  const isProving = attempt > 0
  return (
    <>
      {isProving && (
        <div className="mt-4 rounded-lg border border-line p-3 motion-safe:animate-arrive sm:p-4">
          <ProofForm
            question={t.rich('emailChange.ask', { new: addressText(typed) })}
            confirmLabel={t('emailChange.submit')}
            busyLabel={t('emailChange.busy')}
            look="primary"
            attempt={attempt}
            onProved={resubmit}
            onCancel={stopProving}
            pending={{ name: 'change-email', input: { email: typed } }}
          />
        </div>
      )}
      <form {...form} hidden={isProving} className="mt-4 grid gap-4">
        {summary}
        <Field
          name="newEmail"
          label={t('emailChange.field')}
          hint={t('emailChange.hint')}
          type="email"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          error={errors['newEmail']}
        />
        <div>
          <Button type="submit" look="primary" busy={busy}>
            {busy ? t('emailChange.busy') : t('emailChange.submit')}
          </Button>
        </div>
      </form>
    </>
  )
}

function useRequest({ email, onStart, onRequested }: RequestChangeProps) {
  const api = useApi()
  const session = useSession()
  /** How often in a row a proof was asked for. It takes the place of the field. */
  const [attempt, setAttempt] = useState(0)
  const [typed, setTyped] = useState('')

  const done = useActionDone()
  const request = async (to: string) => {
    await api.emailChange.request.mutate({ email: to })
    done()
    await onRequested()
  }
  useResumption({
    'change-email': async ({ email: to }) => {
      try {
        await request(to)
      } catch (error) {
        session.handleError(error)
        return toOutcome(error)
      }
      return { kind: 'done' }
    },
  })

  const form = useForm({
    check: (data) => {
      onStart()
      const to = text(data, 'newEmail').trim()
      const isSame = to.toLowerCase() === email.toLowerCase()
      return fieldErrors({ newEmail: emailError(to) ?? (isSame ? words((t) => t('emailChange.same')) : undefined) })
    },
    submit: async (data) => {
      const to = text(data, 'newEmail').trim()
      setTyped(to)
      await request(to)
    },
    explain: (error) => {
      const problem = toProblem(error)
      setAttempt((before) => (problem.kind === 'proof-needed' ? before + 1 : 0))
      if (problem.kind === 'proof-needed') return {}
      session.handleError(error)
      return problem.kind === 'invalid'
        ? { fields: { newEmail: words((t) => t('fields.badEmail')) } }
        : { summary: describeProblem(problem) }
    },
  })

  return { ...form, typed, attempt, stopProving: () => setAttempt(0) }
}
