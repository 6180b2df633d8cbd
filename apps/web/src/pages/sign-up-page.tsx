import { auth, AuthFailure } from '../auth.js'
import { useSession } from '../session.js'
import { Button } from '../ui/button.js'
import { Field, PasswordField } from '../ui/field.js'
import { text, useForm } from '../ui/form.js'
import { PageHeading } from '../ui/page-heading.js'
import { TextLink } from '../ui/text-link.js'
import { explainFailure, fieldErrors, wrongWithEmail } from '../words/auth-errors.js'
import { passwordHint, wrongWithNewPassword } from '../words/password.js'
import { useWords } from '../words/use-words.js'

export function SignUpPage() {
  const words = useWords()
  const { t } = words
  const session = useSession()
  const { form, errors, summary, busy } = useForm({
    check: (data) =>
      fieldErrors({
        name: text(data, 'name').trim() === '' ? t('fields.enterName') : undefined,
        email: wrongWithEmail(words, text(data, 'email')),
        password: wrongWithNewPassword(words, text(data, 'password')),
      }),
    submit: async (data) => {
      await auth.signUp({
        name: text(data, 'name').trim(),
        email: text(data, 'email'),
        password: text(data, 'password'),
      })
      await session.begin()
    },
    explain: (error) =>
      error instanceof AuthFailure && error.status === 422 ? { summary: t('signUp.refused') } : explainFailure(words, error),
  })

  return (
    <>
      <PageHeading title={t('signUp.title')}>{t('signUp.intro')}</PageHeading>
      <form {...form} className="mt-6 grid gap-5">
        {summary}
        <Field name="name" label={t('fields.name')} autoComplete="name" error={errors['name']} />
        <Field
          name="email"
          label={t('fields.email')}
          type="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          error={errors['email']}
        />
        <PasswordField
          name="password"
          label={t('fields.password')}
          autoComplete="new-password"
          hint={passwordHint(words)}
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
