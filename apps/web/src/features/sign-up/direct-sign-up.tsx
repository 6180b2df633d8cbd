import { useLocation } from '@tanstack/react-router'
import { AuthFailure } from '../../api/auth.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { words } from '../../i18n/words.js'
import { Button } from '../../ui/button.js'
import { text, useForm } from '../../ui/form.js'
import { PageHeading } from '../../ui/page-heading.js'
import { useChallenge } from '../challenge/use-challenge.js'
import { emailError, fieldErrors } from '../forms/auth-errors.js'
import { explainNewPassword } from '../forms/password-rules.js'
import { EmailField } from '../forms/email-field.js'
import { useSession } from '../session/session.js'
import { AccountFields, nameError, newAccountOf, passwordError } from './account-fields.js'
import { signUp } from './calls.js'

interface DirectSignUpProps {
  /** Typed before; may be empty. */
  email: string
  /** The server confirms addresses by now. */
  onClosed: (email: string) => void
}

/** Name, address and password in one form, which signs in at once. */
export function DirectSignUp({ email, onClosed }: DirectSignUpProps) {
  const i18n = useI18n()
  const { t } = i18n
  const session = useSession()
  const returnTo = useLocation({ select: ({ state }) => state.returnTo })
  const challenge = useChallenge()
  const { form, errors, summary, busy } = useForm({
    check: (data) =>
      fieldErrors({
        name: nameError(data),
        email: emailError(text(data, 'email')),
        password: passwordError(data),
      }),
    submit: async (data) => {
      const input = { ...newAccountOf(data), email: text(data, 'email'), language: i18n.language }
      try {
        if (await challenge.pass((solution) => signUp(input, solution))) await session.begin(returnTo)
      } catch (error) {
        if (!(error instanceof AuthFailure) || error.status !== 404) throw error
        onClosed(input.email)
      }
    },
    explain: (error) =>
      error instanceof AuthFailure && error.status === 422
        ? { summary: words((t) => t('signUp.refused')) }
        : explainNewPassword(error, 'password'),
  })

  return (
    <>
      <PageHeading title={t('signUp.title')}>{t('signUp.intro')}</PageHeading>
      <form {...form} className="mt-6 grid gap-5">
        {summary}
        {challenge.notice}
        <AccountFields errors={errors}>
          <EmailField error={errors['email']} defaultValue={email} />
        </AccountFields>
        <Button type="submit" look="primary" busy={busy}>
          {busy ? t('signUp.busy') : t('signUp.submit')}
        </Button>
      </form>
      <p className="mt-3 text-sm text-muted">{t('signUp.direct')}</p>
    </>
  )
}
