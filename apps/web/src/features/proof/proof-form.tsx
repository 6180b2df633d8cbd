import { useQuery } from '@tanstack/react-query'
import { type ComponentType, type KeyboardEvent, lazy, Suspense, useEffect, useId, useRef, useState } from 'react'
import { auth, AuthFailure } from '../../api/auth.js'
import { loadLaterMessages } from '../../i18n/i18n.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import type { ProofRequest } from '../../ui/confirm-button.js'
import { text, useForm } from '../../ui/form.js'
import { Message } from '../../ui/message.js'
import { TextLink } from '../../ui/text-link.js'
import { explainFailure, fieldErrors } from '../forms/auth-errors.js'
import { PasswordField } from '../forms/password-field.js'
import type { PendingAction } from '../session/pending-action.js'
import { useSession } from '../session/session.js'
import { useAccount } from '../session/use-account.js'
import { Answers } from '../forms/answers.js'
import { proofMethods } from './proof-methods.js'

/** A further way to prove who the person is. The password remains if its code cannot be loaded. */
function lazyProof<Props>(load: () => Promise<{ default: ComponentType<Props> }>) {
  return lazy<ComponentType<Props>>(() =>
    Promise.all([load(), loadLaterMessages()]).then(
      ([proof]) => proof,
      () => ({ default: () => null }),
    ),
  )
}

const PasskeyProof = lazyProof(() => import('./passkey-proof.js'))
const MailProof = lazyProof(() => import('./mail-proof.js'))
const CodeProof = lazyProof(() => import('./code-proof.js'))
const ProviderProof = lazyProof(() => import('./provider-proof.js'))

interface ProofFormProps extends ProofRequest {
  /** Default: danger. */
  look?: 'danger' | 'primary'
  /** How to go on after a proof at a provider, which leaves this page. Without it, the person asks again. */
  pending?: PendingAction | undefined
}

/**
 * Asks in place for a proof of who the person is, in each way that the account has, some time after the sign-in. It begins anew
 * if the API asks once more.
 */
export function ProofForm(props: ProofFormProps) {
  return <ProofAttempt key={props.attempt} {...props} />
}

function ProofAttempt({ look = 'danger', pending, ...request }: ProofFormProps) {
  const { question, consequence, choice, attempt, onProved, onCancel } = request
  const { t } = useI18n()
  const { data } = useAccount()
  const email = data?.user.email ?? ''
  const element = useRef<HTMLDivElement>(null)
  const titleId = useId()
  // Without an answer, it is taken to have one, as nearly every account does.
  const hasPassword = useQuery({ ...proofMethods, retry: false }).data?.includes('password') ?? true
  const [isCodeAsked, setIsCodeAsked] = useState(false)
  useEffect(() => {
    if (!isCodeAsked) element.current?.querySelector<HTMLElement>(hasPassword ? '[name=proof]' : 'p')?.focus()
  }, [isCodeAsked, hasPassword])

  const { form, errors, summary, busy } = usePasswordForm(onProved)
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !busy) onCancel()
  }

  return (
    <div ref={element} className="grid max-w-md gap-3">
      <Question
        id={titleId}
        question={question}
        consequence={consequence}
        choice={choice}
        why={isCodeAsked ? null : t(hasPassword ? 'signOut.proof' : 'problem.proof-needed')}
      />
      {attempt > 1 && !isCodeAsked && <Message look="bad">{t('signOut.proofAgain')}</Message>}
      {/* It stays, so that what was typed is still there after a code was cancelled. */}
      <form {...form} hidden={isCodeAsked || !hasPassword} aria-labelledby={titleId} className="grid gap-3 [&>a]:-my-2">
        {summary}
        {/* Names the account of this password to password managers. */}
        <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
        <PasswordField
          name="proof"
          label={t('fields.yourPassword')}
          autoComplete="current-password"
          error={errors['proof']}
          onKeyDown={onKeyDown}
        />
        <TextLink to="/forgot-password" state={{ email }}>
          {t('signIn.forgot')}
        </TextLink>
        <Answers {...request} look={look} busy={busy} onKeyDown={onKeyDown} />
      </form>
      {/* A code has a form of its own, and its question takes the place of all other ways. */}
      <Suspense>
        {!isCodeAsked && <PasskeyProof onProved={onProved} />}
        <MailProof email={email} isAsked={isCodeAsked} onAsked={setIsCodeAsked} onProved={onProved} />
        <CodeProof isAsked={isCodeAsked} onAsked={setIsCodeAsked} onProved={onProved} />
        {!isCodeAsked && <ProviderProof pending={pending ?? null} />}
      </Suspense>
      {!isCodeAsked && !hasPassword && (
        <Button className="justify-self-start" onClick={onCancel}>
          {t('common.cancel')}
        </Button>
      )}
    </div>
  )
}

function usePasswordForm(onProved: () => Promise<void>) {
  const session = useSession()
  return useForm({
    check: (data) =>
      fieldErrors({ proof: text(data, 'proof') === '' ? words((t) => t('fields.enterPassword')) : undefined }),
    submit: async (data) => {
      await auth.reauthenticate({ password: text(data, 'proof') })
      await onProved()
    },
    explain: (error) => {
      session.handleError(error)
      if (error instanceof AuthFailure && error.code === 'INVALID_PASSWORD')
        return { fields: { proof: words((t) => t('fields.notYourPassword')) } }
      return explainFailure(error)
    },
  })
}

interface QuestionProps extends Pick<ProofRequest, 'question' | 'choice'> {
  id: string
  consequence: string | undefined
  why: string | null
}

function Question({ id, question, consequence, choice, why }: QuestionProps) {
  return (
    <div className="text-sm">
      <p id={id} tabIndex={-1} className="font-semibold">
        {question}
      </p>
      {consequence && <p className="mt-0.5">{consequence}</p>}
      {choice}
      {why && <p className="mt-0.5 text-muted">{why}</p>}
    </div>
  )
}
