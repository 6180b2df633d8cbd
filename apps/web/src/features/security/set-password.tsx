import { useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { callAuth } from '../../api/auth.js'
import { expectedSessionHeaders } from '../../api/expected-session.js'
import { needsProof } from '../../api/problem.js'
import { waysInKey } from '../../api/ways-in-key.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { text, useForm } from '../../ui/form.js'
import { Message } from '../../ui/message.js'
import { fieldErrors } from '../forms/auth-errors.js'
import { NewPasswordField } from '../forms/new-password-field.js'
import { explainNewPassword, newPasswordError } from '../forms/password-rules.js'
import { RevokeOthers } from '../proof/revoke-others.js'
import { ProofForm } from '../proof/proof-form.js'
import { useResumption } from '../proof/use-resumption.js'
import { useSession } from '../session/session.js'

/** The first password of an account that has none. */
export function SetPassword({ email, onSet }: { email: string; onSet: () => void }) {
  const { t } = useI18n()
  const [revokesOthers, setRevokesOthers] = useState(false)
  const { form, errors, summary, busy, resubmit, attempt, stopProving } = useFirstPassword(onSet, revokesOthers)
  const [isAgain, setIsAgain] = useState(false)
  const element = useRef<HTMLFormElement>(null)
  useResumption({
    'set-password': async () => {
      setIsAgain(true)
      element.current?.querySelector<HTMLElement>('[name=newPassword]')?.focus()
      return { kind: 'done' }
    },
  })

  const choice = <RevokeOthers checked={revokesOthers} onChange={setRevokesOthers} />
  const isProving = attempt > 0
  // The form stays, so that what was typed is still there after the proof.
  return (
    <>
      {isProving && (
        <div className="mt-5 rounded-lg border border-line p-3 motion-safe:animate-arrive sm:p-4">
          <ProofForm
            question={t('security.setAsk')}
            choice={choice}
            confirmLabel={t('security.setSubmit')}
            busyLabel={t('security.setBusy')}
            look="primary"
            attempt={attempt}
            onProved={resubmit}
            onCancel={stopProving}
            pending={{ name: 'set-password', input: {} }}
          />
        </div>
      )}
      <form {...form} ref={element} hidden={isProving} className="mt-5 grid gap-5">
        {isAgain && <Message look="info">{t('security.setAgain')}</Message>}
        {summary}
        {/* Names the account of this password to password managers. */}
        <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
        <NewPasswordField name="newPassword" label={t('fields.newPassword')} error={errors['newPassword']} />
        {choice}
        <div>
          <Button type="submit" look="primary" busy={busy}>
            {busy ? t('security.setBusy') : t('security.setSubmit')}
          </Button>
        </div>
      </form>
    </>
  )
}

function useFirstPassword(onSet: () => void, revokeOtherSessions: boolean) {
  const session = useSession()
  const queryClient = useQueryClient()
  /** How often in a row a proof was asked for. */
  const [attempt, setAttempt] = useState(0)

  const form = useForm({
    check: (data) => fieldErrors({ newPassword: newPasswordError(text(data, 'newPassword')) }),
    submit: async (data) => {
      const newPassword = text(data, 'newPassword')
      await callAuth('/set-password', { newPassword, revokeOtherSessions }, expectedSessionHeaders())
      setAttempt(0)
      onSet()
      await queryClient.invalidateQueries({ queryKey: waysInKey })
    },
    explain: (error) => {
      setAttempt((before) => (needsProof(error) ? before + 1 : 0))
      if (needsProof(error)) return {}
      session.handleError(error)
      return explainNewPassword(error)
    },
  })

  return { ...form, attempt, stopProving: () => setAttempt(0) }
}
