import { useLocation } from '@tanstack/react-router'
import { useState } from 'react'
import { auth } from '../../api/auth.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { text, useForm } from '../../ui/form.js'
import { PageHeading } from '../../ui/page-heading.js'
import { strongEmail } from '../../ui/strong-email.js'
import { TextLink } from '../../ui/text-link.js'
import { useChallenge } from '../challenge/use-challenge.js'
import { emailError, explainFailure, fieldErrors } from '../forms/auth-errors.js'
import { EmailField } from '../forms/email-field.js'

export function ForgotPasswordPage() {
  const { t } = useI18n()
  const typed = useLocation({ select: ({ state }) => state.email })
  const [sentTo, setSentTo] = useState<string | null>(null)
  const challenge = useChallenge()
  const { form, errors, summary, busy } = useForm({
    check: (data) => fieldErrors({ email: emailError(text(data, 'email')) }),
    submit: async (data) => {
      const email = text(data, 'email')
      if (await challenge.pass((solution) => auth.requestPasswordReset({ email }, solution))) setSentTo(email)
    },
    explain: (error) => explainFailure(error),
  })

  if (sentTo !== null) {
    return (
      <>
        <PageHeading key="sent" title={t('forgot.sentTitle')} />
        <p className="mt-4 text-pretty">{t.rich('forgot.sent', { email: sentTo, strong: strongEmail(sentTo) })}</p>
        <p className="mt-2 text-sm text-muted">{t('forgot.spam')}</p>
        <p className="mt-4">
          <TextLink to="/sign-in">{t('forgot.back')}</TextLink>
        </p>
      </>
    )
  }

  return (
    <>
      <PageHeading title={t('forgot.title')}>{t('forgot.intro')}</PageHeading>
      <form {...form} className="mt-6 grid gap-5">
        {summary}
        {challenge.notice}
        <EmailField defaultValue={typed} error={errors['email']} />
        <Button type="submit" look="primary" busy={busy}>
          {busy ? t('forgot.busy') : t('forgot.submit')}
        </Button>
      </form>
      <p className="mt-4">
        <TextLink to="/sign-in">{t('forgot.back')}</TextLink>
      </p>
    </>
  )
}
