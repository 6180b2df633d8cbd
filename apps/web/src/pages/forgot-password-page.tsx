import { type ReactNode, useState } from 'react'
import { auth } from '../auth.js'
import { Button } from '../ui/button.js'
import { Field } from '../ui/field.js'
import { text, useForm } from '../ui/form.js'
import { PageHeading } from '../ui/page-heading.js'
import { TextLink } from '../ui/text-link.js'
import { explainFailure, fieldErrors, wrongWithEmail } from '../words/auth-errors.js'
import { useWords } from '../words/use-words.js'

const strong = (email: ReactNode) => <strong className="font-semibold break-all">{email}</strong>

export function ForgotPasswordPage() {
  const words = useWords()
  const { t } = words
  const [sentTo, setSentTo] = useState<string | null>(null)
  const { form, errors, summary, busy } = useForm({
    check: (data) => fieldErrors({ email: wrongWithEmail(words, text(data, 'email')) }),
    submit: async (data) => {
      const email = text(data, 'email')
      await auth.requestPasswordReset({ email })
      setSentTo(email)
    },
    explain: (error) => explainFailure(words, error),
  })

  if (sentTo !== null) {
    return (
      <>
        <PageHeading key="sent" title={t('forgot.sentTitle')} />
        <p className="mt-4 text-pretty">
          {t.rich('forgot.sent', { email: sentTo, strong })}
        </p>
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
        <Field
          name="email"
          label={t('fields.email')}
          type="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          error={errors['email']}
        />
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
