import { auth, AuthFailure } from '../auth.js'
import { useSession } from '../session.js'
import { Button } from '../ui/button.js'
import { Field, PasswordField } from '../ui/field.js'
import { text, useForm } from '../ui/form.js'
import { PageHeading } from '../ui/page-heading.js'
import { TextLink } from '../ui/text-link.js'
import { explainFailure, fieldErrors, wrongWithEmail } from '../words/auth-errors.js'
import { PASSWORD_HINT, wrongWithNewPassword } from '../words/password.js'

/** Says the same whether or not the address has an account. */
const NOT_CREATED =
  'We could not create an account with these details. If you already have one, sign in or reset your password.'

export function SignUpPage() {
  const session = useSession()
  const { form, errors, summary, busy } = useForm({
    check: (data) =>
      fieldErrors({
        name: text(data, 'name').trim() === '' ? 'Enter your name.' : undefined,
        email: wrongWithEmail(text(data, 'email')),
        password: wrongWithNewPassword(text(data, 'password')),
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
      error instanceof AuthFailure && error.status === 422 ? { summary: NOT_CREATED } : explainFailure(error),
  })

  return (
    <>
      <PageHeading title="Create an account">See every device that is signed in, and sign out any of them.</PageHeading>
      <form {...form} className="mt-6 grid gap-5">
        {summary}
        <Field name="name" label="Name" autoComplete="name" error={errors['name']} />
        <Field
          name="email"
          label="E-mail address"
          type="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          error={errors['email']}
        />
        <PasswordField
          name="password"
          label="Password"
          autoComplete="new-password"
          hint={PASSWORD_HINT}
          error={errors['password']}
        />
        <Button type="submit" look="primary" busy={busy}>
          {busy ? 'Creating your account…' : 'Create account'}
        </Button>
      </form>
      <p className="mt-4 text-[0.9375rem] text-muted">
        Already have an account? <TextLink to="/sign-in">Sign in</TextLink>
      </p>
    </>
  )
}
