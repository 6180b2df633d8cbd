import { useLocation, useRouter } from '@tanstack/react-router'
import { useRef } from 'react'
import { AuthFailure } from '../../api/auth.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { text, useForm } from '../../ui/form.js'
import { Message } from '../../ui/message.js'
import { PageHeading } from '../../ui/page-heading.js'
import { useGuarded } from '../../ui/use-guarded.js'
import { useChallenge } from '../challenge/use-challenge.js'
import { emailError, explainFailure, fieldErrors } from '../forms/auth-errors.js'
import { EmailField } from '../forms/email-field.js'
import { requestSignUp } from './calls.js'

interface RequestLinkProps {
  /** Typed before; may be empty. */
  email: string
  /** The server has said that it confirms addresses. Otherwise its answer to this form decides. */
  isCertain: boolean
  onTyped: (email: string) => void
  onSent: () => void
  /** The server signs up without a link. */
  onClosed: () => void
}

/** Asks for the address alone: nothing else exists before it is confirmed. */
export function RequestLink({ email, isCertain, onTyped, onSent, onClosed }: RequestLinkProps) {
  const i18n = useI18n()
  const { t } = i18n
  const field = useRef<HTMLInputElement>(null)
  const returnTo = useLocation({ select: ({ state }) => state.returnTo })
  const challenge = useChallenge()
  const { form, errors, summary, busy } = useForm({
    check: (data) => fieldErrors({ email: emailError(text(data, 'email')) }),
    submit: async (data) => {
      const input = { email: text(data, 'email'), language: i18n.language, ...(returnTo && { returnTo }) }
      onTyped(input.email)
      try {
        if (await challenge.pass((solution) => requestSignUp(input, solution))) onSent()
      } catch (error) {
        if (!(error instanceof AuthFailure) || error.status !== 404) throw error
        onClosed()
      }
    },
    explain: (error) => explainFailure(error),
  })

  return (
    <>
      <PageHeading key={String(isCertain)} title={t('signUp.title')}>
        {isCertain ? t('signUp.linkIntro') : t('signUp.intro')}
      </PageHeading>
      {!isCertain && <AskAgain onAsk={() => onTyped(field.current?.value ?? '')} />}
      <form {...form} className="mt-6 grid gap-5">
        {summary}
        {challenge.notice}
        <EmailField ref={field} error={errors['email']} defaultValue={email} />
        <Button type="submit" look="primary" busy={busy}>
          {busy ? t('forgot.busy') : t(isCertain ? 'forgot.submit' : 'signUp.next')}
        </Button>
      </form>
    </>
  )
}

function AskAgain({ onAsk }: { onAsk: () => void }) {
  const { t } = useI18n()
  const router = useRouter()
  const { run, busy } = useGuarded(async () => {
    onAsk()
    await router.invalidate({ sync: true })
  })
  return (
    <Message look="info" className="mt-6">
      <p>{t('signUp.notLoaded')}</p>
      <Button busy={busy} onClick={() => void run()} className="mt-3">
        {t('common.tryAgain')}
      </Button>
    </Message>
  )
}
