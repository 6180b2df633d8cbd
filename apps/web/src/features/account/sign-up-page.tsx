import { useLocation } from '@tanstack/react-router'
import { auth, AuthFailure } from '../../api/auth.js'
import { useI18n } from '../../i18n/i18n-provider.js'
import { Button } from '../../ui/button.js'
import { Field } from '../../ui/field.js'
import { text, useForm } from '../../ui/form.js'
import { PageHeading } from '../../ui/page-heading.js'
import { TextLink } from '../../ui/text-link.js'
import { useChallenge } from '../challenge/use-challenge.js'
import { emailError, explainFailure, fieldErrors, LONGEST_NAME } from './auth-errors.js'
import { EmailField } from './email-field.js'
import { PasswordField } from './password-field.js'
import { passwordHint, newPasswordError } from './password-rules.js'
import { useSession } from './session.js'

export function SignUpPage() {
  const i18n = useI18n()
  const { t } = i18n
  const session = useSession()
  const returnTo = useLocation({ select: ({ state }) => state.returnTo })
  const challenge = useChallenge()
  const { form, errors, summary, busy } = useForm({
    check: (data) =>
      fieldErrors({
        name: text(data, 'name').trim() === '' ? t('fields.enterName') : undefined,
        email: emailError(i18n, text(data, 'email')),
        password: newPasswordError(i18n, text(data, 'password')),
      }),
    submit: async (data) => {
      const input = {
        name: text(data, 'name').trim(),
        email: text(data, 'email'),
        password: text(data, 'password'),
        language: i18n.language,
      }
      if (await challenge.pass((solution) => auth.signUp(input, solution))) await session.begin(returnTo)
    },
    explain: (error) =>
      error instanceof AuthFailure && error.status === 422
        ? { summary: t('signUp.refused') }
        : explainFailure(i18n, error),
  })

  return (
    <>
      <PageHeading title={t('signUp.title')}>{t('signUp.intro')}</PageHeading>
      <form {...form} className="mt-6 grid gap-5">
        {summary}
        {challenge.notice}
        <Field
          name="name"
          label={t('fields.name')}
          autoComplete="name"
          maxLength={LONGEST_NAME}
          error={errors['name']}
        />
        <EmailField error={errors['email']} />
        <PasswordField
          name="password"
          label={t('fields.password')}
          autoComplete="new-password"
          hint={passwordHint(i18n)}
          error={errors['password']}
        />
        <Button type="submit" look="primary" busy={busy}>
          {busy ? t('signUp.busy') : t('signUp.submit')}
        </Button>
      </form>
      <p className="mt-4 text-[0.9375rem] text-muted">
        {t('signUp.already')} <TextLink to="/sign-in">{t('signUp.signIn')}</TextLink>
      </p>
    </>
  )
}
